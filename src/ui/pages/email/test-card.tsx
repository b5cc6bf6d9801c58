/** Tries what is typed without saving it: the steps appear as they end, in the server's own words, each with cause and remedy. */
import { useState } from 'preact/hooks';
import type { TestedUpstream } from '../../../admin/contract-configuration.ts';
import type { VerifyLine, VerifyResult, VerifyStepLine } from '../../../admin/contract-verify.ts';
import { stream } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { Icon } from '../../components/icon.tsx';
import { Notice } from '../../components/notice.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { TextField } from '../../components/text-field.tsx';
import { TimeText } from '../../components/time-text.tsx';
import type { JsonObject } from '../../json.ts';
import { useAction } from '../../use-action.ts';
import { rich, t } from '../../words/words.ts';
import { numberAt, textAt } from './json.ts';

export interface TestCardProps {
  readonly name: string;
  readonly upstream: JsonObject;
  /** The whole document with what is typed; absent to test what is in force. */
  readonly unsaved: JsonObject | undefined;
  readonly standing: TestedUpstream['test'];
  readonly to: string;
  readonly setTo: (to: string) => void;
  readonly onError: (error: unknown) => void;
  readonly onDone: () => void;
}

/** Names the field to whom the test goes, for whoever leads there. */
export const TEST_TO = 'test.to';

export function TestCard(props: TestCardProps) {
  const { name, unsaved, standing, to, setTo, upstream, onError, onDone } = props;
  const [steps, setSteps] = useState<readonly VerifyStepLine[]>([]);
  const [result, setResult] = useState<VerifyResult>();
  const test = useAction(async (signal) => {
    setSteps([]);
    setResult(undefined);
    const body = {
      upstream: name,
      ...(unsaved === undefined ? {} : { settings: unsaved }),
      ...(to === '' ? {} : { sendTo: to }),
    };
    try {
      await stream<VerifyLine>(
        'POST',
        '/api/v1/verify',
        body,
        (line) => {
          if ('step' in line) setSteps((before) => [...before, line]);
          else setResult(line.result);
        },
        { signal },
      );
    } catch (error) {
      onError(error);
      throw error;
    }
    onDone();
  });
  return (
    <Card title={t('email.test')}>
      <p>
        <TestState standing={standing} dirty={unsaved !== undefined} />
      </p>
      <TextField
        label={t('email.testTo')}
        path={TEST_TO}
        hint={to === '' ? t('email.testToNobody') : t('email.testToHint', { to })}
        type="email"
        optional
        value={to}
        onChange={setTo}
      />
      <ActionButton action={test} needs="upstreams.verify">
        {unsaved === undefined ? t('email.testNow') : t('email.testUnsaved')}
      </ActionButton>
      <div aria-live="polite">
        {steps.length > 0 && (
          <ol class="verify">
            {steps.map((step, index) => (
              <Step key={`${index} ${step.step}`} step={step} upstream={upstream} />
            ))}
          </ol>
        )}
        {result !== undefined && (
          <Notice
            kind={result === 'ok' ? 'success' : result === 'warning' ? 'warning' : 'error'}
            title={t(`email.result-${result}`)}
          />
        )}
      </div>
    </Card>
  );
}

/** Whether the settings were tested as they are now. */
export function TestState(props: { readonly standing: TestedUpstream['test']; readonly dirty: boolean }) {
  const { standing, dirty } = props;
  if (dirty) return <StateBadge tone="neutral">{t('email.testDirty')}</StateBadge>;
  if (standing === undefined) return <StateBadge tone="neutral">{t('email.testNever')}</StateBadge>;
  const who = (
    <>
      {' '}
      {standing.sentTo === undefined
        ? rich('email.doneBy', { when: <TimeText at={standing.at} />, who: standing.by })
        : rich('email.sentBy', {
            when: <TimeText at={standing.at} />,
            who: standing.by,
            to: standing.sentTo,
          })}
    </>
  );
  if (!standing.current) {
    return (
      <>
        <StateBadge tone="neutral">{t('email.testOld')}</StateBadge>
        {who}
      </>
    );
  }
  return (
    <>
      <StateBadge
        tone={standing.result === 'ok' ? 'good' : standing.result === 'warning' ? 'warning' : 'bad'}
      >
        {t(`email.tested-${standing.result}`)}
      </StateBadge>
      {who}
      {standing.text !== undefined && <span class="muted"> {standing.text}</span>}
    </>
  );
}

const ICONS = { ok: 'good', failed: 'bad', warning: 'warning', skipped: 'neutral' } as const;

function Step({ step, upstream }: { readonly step: VerifyStepLine; readonly upstream: JsonObject }) {
  const host = textAt(upstream, ['host']);
  const address = `${host}:${numberAt(upstream, ['port']) ?? 587}`;
  const security = textAt(upstream, ['security']) || 'starttls';
  return (
    <li class={step.result}>
      <Icon name={ICONS[step.result]} />
      <div>
        <p>
          <strong>{t(`email.check-${step.step}`)}</strong>{' '}
          <span class="hidden">{t(`email.checked-${step.result}`)}</span>
          {step.subject !== undefined && <code>{step.subject}</code>} {step.text}
          {step.milliseconds > 0 && (
            <small class="muted"> {t('email.milliseconds', { count: step.milliseconds })}</small>
          )}
        </p>
        {step.reply !== undefined && (
          <p>
            <code>
              {step.reply.code} {step.reply.enhanced} {step.reply.text}
            </code>
          </p>
        )}
        {step.cause !== undefined && <p>{step.cause}</p>}
        {step.remedy !== undefined && (
          <p class="remedy">
            <strong>{t('email.remedy')}</strong> {step.remedy}
          </p>
        )}
        {step.step === 'tls' && step.result === 'failed' && host !== '' && (
          <div class="buttons">
            <a
              class="button"
              href={`/certificates?fetch=${encodeURIComponent(address)}&security=${security}`}
              target="_blank"
              rel="noreferrer"
            >
              {t('email.seeCertificate')}
            </a>
          </div>
        )}
      </div>
    </li>
  );
}
