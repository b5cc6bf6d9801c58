/** Rows and columns; on narrow screens each row becomes a card with its headings beside the values. */
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { t } from '../words/words.ts';

export interface Column<Row> {
  readonly key: string;
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the right. */
  readonly number?: boolean;
  /** Takes what room is left, and is cut off rather than wrapped. */
  readonly wide?: boolean;
}

export interface Selection {
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
}

export function DataTable<Row>(props: {
  /** What the table shows; read by screen readers, and seen where `captionShown`. */
  readonly caption: string;
  readonly captionShown?: boolean;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** What a row is called, for its checkbox. */
  readonly rowName?: (row: Row) => string;
  readonly selection?: Selection | undefined;
  readonly empty?: ComponentChildren;
  /** So many rows at first, and so many more by a button; all if absent. */
  readonly most?: number;
}) {
  const { caption, captionShown = false, columns, rowKey, rowName = rowKey, selection, empty } = props;
  const { rows: all, most = Number.POSITIVE_INFINITY } = props;
  const [parts, setParts] = useState(1);
  const region = useRef<HTMLDivElement>(null);
  const rows = all.slice(0, parts * most);
  const more = () => {
    setParts(parts + 1);
    // With the last rows the button goes away, and the focus must not go with it.
    if ((parts + 1) * most >= all.length) region.current?.focus({ preventScroll: true });
  };
  if (rows.length === 0 && empty !== undefined) return <>{empty}</>;
  return (
    // The region scrolls sideways, so the keyboard has to reach it.
    <div ref={region} class="table" role="group" aria-label={caption} tabIndex={0}>
      <table>
        <caption class={captionShown ? '' : 'hidden'}>{caption}</caption>
        <thead>
          <tr>
            {selection !== undefined && <SelectAll keys={rows.map(rowKey)} selection={selection} />}
            {columns.map((column) => (
              <th key={column.key} scope="col" class={classOf(column)}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} class={selection?.chosen.has(rowKey(row)) === true ? 'chosen' : ''}>
              {selection !== undefined && (
                <SelectRow id={rowKey(row)} name={rowName(row)} selection={selection} />
              )}
              {columns.map((column, index) => {
                const cell = (
                  <>
                    <span class="cell-head" aria-hidden="true">
                      {column.head}
                    </span>
                    <div class="cell">{column.cell(row)}</div>
                  </>
                );
                return index === 0 ? (
                  <th key={column.key} scope="row" class={classOf(column)}>
                    {cell}
                  </th>
                ) : (
                  <td key={column.key} class={classOf(column)}>
                    {cell}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length < all.length && (
        <p class="table-more">
          <button type="button" onClick={more}>
            {t('common.more')}
          </button>{' '}
          <span class="muted">{t('common.shownOf', { shown: rows.length, all: all.length })}</span>
        </p>
      )}
    </div>
  );
}

function classOf({ number = false, wide = false }: Column<never>): string {
  return `${number ? 'number' : ''}${wide ? ' wide' : ''}`;
}

function SelectAll({ keys, selection }: { readonly keys: readonly string[]; readonly selection: Selection }) {
  const { chosen, onChange } = selection;
  const all = keys.length > 0 && keys.every((key) => chosen.has(key));
  return (
    <th scope="col" class="select">
      <input
        type="checkbox"
        aria-label={t('common.selectAll')}
        checked={all}
        indeterminate={!all && keys.some((key) => chosen.has(key))}
        onChange={() => onChange(new Set(all ? [] : keys))}
      />
    </th>
  );
}

function SelectRow(props: { readonly id: string; readonly name: string; readonly selection: Selection }) {
  const { id, name, selection } = props;
  const { chosen, onChange } = selection;
  return (
    <td class="select">
      <input
        type="checkbox"
        aria-label={t('common.selectRow', { name })}
        checked={chosen.has(id)}
        onChange={({ currentTarget }) => {
          const next = new Set(chosen);
          if (currentTarget.checked) next.add(id);
          else next.delete(id);
          onChange(next);
        }}
      />
    </td>
  );
}
