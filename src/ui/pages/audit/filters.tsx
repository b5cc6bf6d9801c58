/** Whose changes, of what kind, and to what. */
import { SelectField } from '../../components/select-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { t } from '../../words/words.ts';
import type { AuditFilter } from './use-filter.ts';

/** First words of the actions that are recorded, in the order of the navigation. */
const AREAS = [
  'settings',
  'upstreams',
  'authorizations',
  'mail',
  'devices',
  'messages',
  'certificates',
  'user',
  'token',
  'setup',
  'backup',
] as const;

export function Filters(props: {
  readonly filter: AuditFilter;
  readonly onChange: (filter: AuditFilter) => void;
}) {
  const { filter, onChange } = props;
  const { by = '', action = '', subject = '' } = filter;
  const known = action === '' || AREAS.some((area) => area === action);
  return (
    <form class="fields audit-filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <TextField
        label={t('audit.who')}
        type="search"
        value={by}
        maxLength={200}
        onChange={(value) => onChange({ ...filter, by: value })}
      />
      <SelectField
        label={t('audit.kind')}
        value={action}
        choices={[
          { value: '', label: t('audit.everything') },
          ...AREAS.map((area) => ({ value: area, label: t(`audit.area-${area}`) })),
          // One action alone, from a link.
          ...(known ? [] : [{ value: action, label: action }]),
        ]}
        onChange={(value) => onChange({ ...filter, action: value })}
      />
      <TextField
        label={t('audit.subject')}
        type="search"
        value={subject}
        maxLength={200}
        onChange={(value) => onChange({ ...filter, subject: value })}
      />
    </form>
  );
}
