/** An entry as a row: when, who and from where, what, and what differs. */
import type { AuditEntryAnswer } from '../../../admin/contract-access.ts';
import type { Column } from '../../components/data-table.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { t } from '../../words/words.ts';

type Changes = NonNullable<AuditEntryAnswer['changes']>;

/** Differences that are seen without unfolding them. */
const SHOWN = 3;

export function entryColumns(): readonly Column<AuditEntryAnswer>[] {
  return [
    {
      key: 'at',
      head: t('audit.when'),
      cell: ({ at }) => (
        <span class="nowrap">
          <TimeText at={at} />
        </span>
      ),
    },
    { key: 'by', head: t('audit.who'), cell: (entry) => <Who {...entry} /> },
    { key: 'text', head: t('audit.what'), cell: (entry) => <What {...entry} /> },
    { key: 'action', head: t('audit.kind'), cell: ({ action }) => <code class="nowrap">{action}</code> },
  ];
}

function Who({ by, kind, address }: AuditEntryAnswer) {
  return (
    <div class="audit-who">
      {kind === 'nobody' ? <i>{t('audit.nobody')}</i> : <b>{by}</b>}
      <small>
        {kind === 'token' && `${t('audit.token')}, `}
        {kind === 'machine' && `${t('audit.machine')}, `}
        {t('audit.from', { address })}
      </small>
    </div>
  );
}

function What({ text, changes = [] }: AuditEntryAnswer) {
  return (
    <div class="audit-what">
      <p>{text}</p>
      {changes.length > 0 && changes.length <= SHOWN && <Differences changes={changes} />}
      {changes.length > SHOWN && (
        <Disclosure summary={t('audit.differences', { count: changes.length })}>
          <Differences changes={changes} />
        </Disclosure>
      )}
    </div>
  );
}

function Differences({ changes }: { readonly changes: Changes }) {
  return (
    <dl class="audit-changes">
      {changes.map(({ path, before, after }, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- a path may come twice, and the list never changes
        <div key={index}>
          <dt>{path}</dt>
          <dd>
            <Value value={before} label={t('audit.before')} look="before" />
            <span aria-hidden="true"> → </span>
            <Value value={after} label={t('audit.after')} look="after" />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value(props: {
  readonly value: string | undefined;
  readonly label: string;
  readonly look: 'before' | 'after';
}) {
  const { value, label, look } = props;
  return (
    <>
      <span class="hidden">{label} </span>
      {value === undefined ? (
        <span class="audit-nothing">{t('audit.nothing')}</span>
      ) : (
        <span class={`audit-${look}`}>{value}</span>
      )}
    </>
  );
}
