/** The list itself: all rows of one height, of which only those in sight are in the document. */
import { useEffect, useRef } from 'preact/hooks';
import { SizeText } from '../../components/size-text.tsx';
import { TimeText, useNow } from '../../components/time-text.tsx';
import { relativeTime } from '../../format.ts';
import { t } from '../../words/words.ts';
import { PreviewText } from './preview-text.tsx';
import type { Row } from './rows.ts';
import { shown } from './shown.ts';
import { StateOfMessage } from './state-of-message.tsx';
import { useWindow } from './use-window.ts';

export interface Chosen {
  /** Every message that matches, shown or not. */
  readonly all: boolean;
  readonly ids: ReadonlySet<string>;
}

/** Height of a row before one is measured, in pixels. */
const GUESS = 54;
/** Rows before the last one that is there when more are asked for. */
const AHEAD = 40;

export function MessageTable(props: {
  readonly rows: readonly Row[];
  readonly chosen: Chosen;
  readonly onChoose: (chosen: Chosen) => void;
  readonly choosing: boolean;
  /** Says which rows are seen. */
  readonly onRange: (first: number, last: number) => void;
  /** Asks for more; absent while there is no more, or it is on its way. */
  readonly onEnd: (() => void) | undefined;
  readonly previews: boolean;
}) {
  const { rows, chosen, onChoose, choosing, onRange, onEnd, previews } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const { first, last, height } = useWindow(body, rows.length, GUESS);
  useEffect(() => {
    onRange(first, last);
    if (last >= rows.length - AHEAD) onEnd?.();
  }, [first, last, rows.length, onEnd === undefined]);
  const everyone = chosen.all || (rows.length > 0 && rows.every(({ id }) => chosen.ids.has(id)));
  const some = chosen.ids.size > 0 && !everyone;
  const columns = choosing ? 6 : 5;
  return (
    <div class={`table messages${previews ? ' with-previews' : ''}`}>
      <table aria-rowcount={-1}>
        <caption class="hidden">{t('messages.list')}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {choosing && (
              <th scope="col" class="select">
                <input
                  type="checkbox"
                  aria-label={t('messages.chooseLoaded')}
                  checked={everyone}
                  indeterminate={some}
                  onChange={() =>
                    onChoose({ all: false, ids: new Set(everyone ? [] : rows.map(({ id }) => id)) })
                  }
                />
              </th>
            )}
            <th scope="col">{t('messages.state')}</th>
            <th scope="col">{t('messages.what')}</th>
            <th scope="col">{t('messages.whom')}</th>
            <th scope="col">{t('messages.device')}</th>
            <th scope="col" class="number">
              {t('messages.when')}
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          <Spacer rows={first} height={height} columns={columns} />
          {rows.slice(first, last).map((row, index) => (
            <MessageRow
              key={row.id}
              row={row}
              index={first + index}
              chosen={choosing ? chosen.all || chosen.ids.has(row.id) : undefined}
              previews={previews}
              onChoose={(yes) => {
                const ids = new Set(chosen.all ? rows.map(({ id }) => id) : chosen.ids);
                if (yes) ids.add(row.id);
                else ids.delete(row.id);
                onChoose({ all: false, ids });
              }}
            />
          ))}
          <Spacer rows={rows.length - last} height={height} columns={columns} />
        </tbody>
      </table>
    </div>
  );
}

/** The room of rows that are not in the document. */
function Spacer(props: { readonly rows: number; readonly height: number; readonly columns: number }) {
  const height = Math.max(0, props.rows * props.height);
  if (height === 0) return null;
  return (
    <tr class="spacer" aria-hidden="true">
      <td colSpan={props.columns} style={{ height: `${height}px` }} />
    </tr>
  );
}

function MessageRow(props: {
  readonly row: Row;
  readonly index: number;
  readonly chosen: boolean | undefined;
  readonly previews: boolean;
  readonly onChoose: (yes: boolean) => void;
}) {
  const { row, index, chosen, previews, onChoose } = props;
  const subject = row.subject === '' ? t('messages.noSubject') : shown(row.subject);
  const sender = row.sender === '' ? t('messages.nullSender') : shown(row.sender);
  return (
    <tr data-row aria-rowindex={index + 2} class={chosen === true ? 'chosen' : ''}>
      {chosen !== undefined && (
        <td class="select">
          <input
            type="checkbox"
            aria-label={t('messages.chooseRow', { subject })}
            checked={chosen}
            onChange={({ currentTarget }) => onChoose(currentTarget.checked)}
          />
        </td>
      )}
      <td class="message-state">
        <StateOfMessage state={row.state} />
      </td>
      <th scope="row" class="message-subject">
        <a href={`/messages/${row.id}`} title={subject}>
          <bdi>{subject}</bdi>
        </a>
        <span class="beneath">
          {previews && row.state === 'held' ? <PreviewText id={row.id} /> : <Why row={row} />}
        </span>
      </th>
      <td class="message-whom">
        <span class="line" title={sender}>
          <bdi>{sender}</bdi>
        </span>
        <span class="beneath">
          → <bdi>{recipientText(row)}</bdi>
        </span>
      </td>
      <td class="message-device">
        <span class="line">
          <bdi>{row.kind === 'mail' && row.address !== '' ? shown(row.client) : t('messages.own')}</bdi>
        </span>
        <span class="beneath">{row.address}</span>
      </td>
      <td class="message-when number">
        <span class="line">
          <TimeText at={row.acceptedAt} />
        </span>
        <span class="beneath">
          <SizeText bytes={row.size} />
        </span>
      </td>
    </tr>
  );
}

function Why({ row }: { readonly row: Row }) {
  const now = useNow();
  const { why, nextAttemptAt } = row;
  if (nextAttemptAt === undefined) return <bdi title={shown(why)}>{shown(why)}</bdi>;
  const next =
    nextAttemptAt <= now
      ? t('messages.soon')
      : t('messages.nextTry', { time: relativeTime(nextAttemptAt, now) });
  return (
    <bdi title={shown(why)}>
      {next}
      {why === '' ? '' : ` · ${shown(why)}`}
    </bdi>
  );
}

function recipientText({ recipient, more }: Row): string {
  const first = shown(recipient);
  return more > 0 ? t('messages.andMore', { first, count: more }) : first;
}
