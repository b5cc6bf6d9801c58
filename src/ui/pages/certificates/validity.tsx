/** Until when a certificate is valid, with what that means today. */
import { StateBadge } from '../../components/state-badge.tsx';
import { TimeText, useNow } from '../../components/time-text.tsx';
import { dateText } from '../../format.ts';
import { t } from '../../words/words.ts';

const DAY = 86_400_000;
const SOON = 30 * DAY;

export function Validity({ validFrom, validTo }: { readonly validFrom: number; readonly validTo: number }) {
  const now = useNow();
  const far = validTo - now > SOON && validFrom <= now;
  return (
    <>
      <span class="validity">
        {far ? dateText(validTo) : <Badge validFrom={validFrom} validTo={validTo} now={now} />}
      </span>
      <span class="beneath">{far ? <TimeText at={validTo} /> : dateText(validTo)}</span>
    </>
  );
}

function Badge(props: { readonly validFrom: number; readonly validTo: number; readonly now: number }) {
  const { validFrom, validTo, now } = props;
  if (validTo <= now) return <StateBadge tone="bad">{t('certificates.expired')}</StateBadge>;
  if (validFrom > now) return <StateBadge tone="waiting">{t('certificates.notYet')}</StateBadge>;
  return <StateBadge tone="warning">{t('certificates.endsSoon')}</StateBadge>;
}
