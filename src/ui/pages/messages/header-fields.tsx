/** The header fields of a message; as they were handed in and as the upstream gets them side by side, where these differ. */
import type { MessageContent } from '../../../admin/contract-messages.ts';
import { StateBadge } from '../../components/state-badge.tsx';
import { t } from '../../words/words.ts';
import { shown } from './shown.ts';

interface Line {
  readonly name: string;
  readonly stored: string | undefined;
  readonly sent: string | undefined;
}

export function HeaderFields({
  content,
  sender,
}: {
  readonly content: MessageContent;
  readonly sender: string;
}) {
  const { headers, sentHeaders, sentSender } = content;
  const both = sentHeaders !== undefined;
  const lines = linesOf(headers, sentHeaders ?? headers);
  const envelope: Line = {
    name: t('messages.mailFrom'),
    stored: sender,
    sent: sentSender ?? sender,
  };
  return (
    <>
      {!both && <p class="hint">{t('messages.sameHeaders')}</p>}
      <div class="table" role="group" aria-label={t('messages.view-headers')} tabIndex={0}>
        <table class={`header-fields${both ? ' both' : ''}`}>
          <caption class="hidden">{t('messages.view-headers')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('messages.field')}</th>
              <th scope="col">{both ? t('messages.stored') : t('messages.value')}</th>
              {both && <th scope="col">{t('messages.sent')}</th>}
            </tr>
          </thead>
          <tbody>
            {both && <FieldRow line={envelope} both />}
            {lines.map((line, index) => (
              <FieldRow key={index} line={line} both={both} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function FieldRow({ line, both }: { readonly line: Line; readonly both: boolean }) {
  const { name, stored, sent } = line;
  const differs = stored !== sent;
  return (
    <tr class={differs ? 'differs' : ''}>
      <th scope="row">
        {shown(name)}
        {differs && (
          <>
            {' '}
            <StateBadge tone="info">{t('messages.changed')}</StateBadge>
          </>
        )}
      </th>
      <Value head={both ? t('messages.stored') : t('messages.value')} text={stored} />
      {both && <Value head={t('messages.sent')} text={sent} />}
    </tr>
  );
}

function Value({ head, text }: { readonly head: string; readonly text: string | undefined }) {
  return (
    <td>
      <span class="cell-head" aria-hidden="true">
        {head}
      </span>
      <bdi class="cell">
        {text === undefined ? <span class="muted">{t('messages.notThere')}</span> : shown(text)}
      </bdi>
    </td>
  );
}

type Fields = MessageContent['headers'];

/** Fields of the same name stand beside each other, in the order of what was handed in; new ones where they were put. */
export function linesOf(stored: Fields, sent: Fields): readonly Line[] {
  const left = [...sent];
  const lines: Line[] = [];
  const take = (name: string): string | undefined => {
    const at = left.findIndex((field) => field.name.toLowerCase() === name.toLowerCase());
    return at === -1 ? undefined : left.splice(at, 1)[0]?.value;
  };
  for (const { name, value } of stored) {
    while (
      left[0] !== undefined &&
      !stored.some((field) => field.name.toLowerCase() === left[0]?.name.toLowerCase())
    ) {
      const added = left.shift();
      if (added !== undefined) lines.push({ name: added.name, stored: undefined, sent: added.value });
    }
    lines.push({ name, stored: value, sent: take(name) });
  }
  for (const { name, value } of left) lines.push({ name, stored: undefined, sent: value });
  return lines;
}
