/** What is to be done in the provider's portal, step by step, with the values to copy; ticks are kept while the tab is open. */
import { useState } from 'preact/hooks';
import type { PortalStep, Way } from '../../../admin/contract-configuration.ts';
import { CopyText } from '../../components/copy-text.tsx';
import type { JsonObject } from '../../json.ts';
import { t } from '../../words/words.ts';
import { textAt } from './json.ts';
import { RedirectUris } from './redirect-uris.tsx';
import type { SaveDocument } from './save-document.ts';
import { filledIn } from './ways.ts';

export function PortalChecklist(props: {
  readonly way: Way;
  readonly upstream: JsonObject;
  readonly redirectUris: readonly string[];
  readonly accessUrl: string;
  readonly save: SaveDocument | undefined;
  readonly serviceAccountId: string;
}) {
  const { way } = props;
  if (way.steps.length === 0) return null;
  return (
    <ol class="portal-steps">
      {way.steps.map((step) => (
        <Step key={step.key} {...props} step={step} />
      ))}
    </ol>
  );
}

function Step(props: {
  readonly step: PortalStep;
  readonly upstream: JsonObject;
  readonly redirectUris: readonly string[];
  readonly accessUrl: string;
  readonly save: SaveDocument | undefined;
  readonly serviceAccountId: string;
}) {
  const { step, upstream, redirectUris, accessUrl, save, serviceAccountId } = props;
  const key = `postern.step.${textAt(upstream, ['name'])}.${step.key}`;
  const [done, setDone] = useState(() => sessionStorage.getItem(key) === 'done');
  return (
    <li class={done ? 'done' : ''}>
      <label>
        <input
          type="checkbox"
          checked={done}
          onChange={({ currentTarget: { checked } }) => {
            sessionStorage.setItem(key, checked ? 'done' : '');
            setDone(checked);
          }}
        />
        <span>{t(`portal.step-${step.key}`)}</span>
      </label>
      {step.link !== undefined && (
        <a href={step.link} target="_blank" rel="noreferrer">
          {new URL(step.link).hostname}
          <span class="hidden"> {t('email.newTab')}</span>
        </a>
      )}
      {step.copy?.map((template) =>
        template === '{redirectUri}' ? (
          <RedirectUris key={template} uris={redirectUris} accessUrl={accessUrl} save={save} />
        ) : (
          <div key={template}>
            <CopyText text={filledIn(template, upstream, { serviceAccountId })} label={t('email.value')} />
          </div>
        ),
      )}
    </li>
  );
}
