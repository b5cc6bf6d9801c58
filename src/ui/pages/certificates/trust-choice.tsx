/** Which certificate of a chain to trust, for whom, and the comparison that comes before it. */
import { useState } from 'preact/hooks';
import type { FetchedChain } from '../../../admin/contract-certificates.ts';
import { send } from '../../api.ts';
import { CodeBlock } from '../../components/code-block.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { RadioGroup } from '../../components/radio-group.tsx';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';

export function TrustChoice(props: {
  readonly host: string;
  readonly fetched: FetchedChain;
  readonly recommended: number;
  /** Says so. */
  readonly onTrusted: (said: string) => void;
}) {
  const { host, fetched, recommended, onTrusted } = props;
  const { chain, nameMatches } = fetched;
  const [chosen, setChosen] = useState(String(recommended));
  const [wanted, setScope] = useState<'any' | 'host'>(nameMatches ? 'any' : 'host');
  const certificate = chain[Number(chosen)];
  // What does not name the host is only ever taken as itself.
  const pinOnly = !nameMatches && Number(chosen) === 0;
  const scope = pinOnly ? 'host' : wanted;
  const only = scope === 'host' ? { host } : {};
  const trust = useAction(async (signal) => {
    if (certificate === undefined) return undefined;
    const body = { certificate: certificate.pem, ...only };
    await send('POST', '/api/v1/trust-anchors', body, { signal });
    onTrusted(t('certificates.trustDone', { name: certificate.name }));
    return undefined;
  });
  if (certificate === undefined) return null;
  const hostScope = t('certificates.scope-host', { host });
  return (
    <div class="trust">
      {chain.length > 1 && (
        <RadioGroup
          label={t('certificates.choose')}
          value={chosen}
          choices={chain.map(({ name }, index) => ({
            value: String(index),
            label: index === recommended ? `${name} (${t('certificates.recommended')})` : name,
          }))}
          onChange={setChosen}
        />
      )}
      <RadioGroup
        label={t('certificates.scope')}
        value={scope}
        {...(pinOnly ? { hint: t('certificates.scope-needed') } : {})}
        choices={[
          {
            value: 'any',
            label: t('certificates.scope-any'),
            hint: t('certificates.scope-any-hint'),
            disabled: pinOnly,
          },
          {
            value: 'host',
            label: hostScope,
            hint: t(
              certificate.kind === 'authority' && Number(chosen) > 0
                ? 'certificates.scope-host-authority-hint'
                : 'certificates.scope-host-hint',
            ),
          },
        ]}
        onChange={setScope}
      />
      <p class="compare">{t('certificates.compare')}</p>
      <CodeBlock text={certificate.fingerprint256} label={t('certificates.fingerprint')} />
      <ConfirmButton
        action={trust}
        look="main"
        needs="certificates.write"
        question={t('certificates.trustQuestion', {
          name: certificate.name,
          scope: scope === 'host' ? hostScope : t('certificates.scope-any'),
          fingerprint: certificate.fingerprint256,
        })}
        confirm={t('certificates.trustConfirm')}
      >
        {t('certificates.trust')}
      </ConfirmButton>
    </div>
  );
}
