/** The search above the list. What is typed is searched for after a moment, and stands in the address. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { SelectField } from '../../components/select-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { t } from '../../words/words.ts';
import { type Filters, filtersOf, isEmpty, STATE_FILTERS, searchOf, TIMES } from './filters.ts';

/** After the last key, ms. */
const PAUSE = 300;

export function FilterForm(props: {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
}) {
  const { filters, onChange } = props;
  const [typed, setTyped] = useState(filters);
  const timer = useRef<number>(undefined);
  const here = searchOf(filters);
  // The address was changed from elsewhere, such as by going back.
  useEffect(() => setTyped(filtersOf(here)), [here]);
  useEffect(() => () => window.clearTimeout(timer.current), []);

  function change(next: Filters, at: 'once' | 'later'): void {
    setTyped(next);
    window.clearTimeout(timer.current);
    if (at === 'once') onChange(next);
    else timer.current = window.setTimeout(() => onChange(next), PAUSE);
  }

  const text = (name: 'sender' | 'recipient' | 'subject' | 'device' | 'client' | 'upstream') => (
    <TextField
      label={t(`messages.${name}`)}
      type="search"
      value={typed[name]}
      maxLength={320}
      onChange={(value) => change({ ...typed, [name]: value }, 'later')}
    />
  );
  return (
    <search>
      <form
        class="message-filters"
        aria-label={t('messages.filters')}
        onSubmit={(event) => {
          event.preventDefault();
          change(typed, 'once');
        }}
      >
        <SelectField
          label={t('messages.state')}
          value={typed.state}
          choices={STATE_FILTERS.map((value) => ({ value, label: t(`messages.filter-${value}`) }))}
          onChange={(state) => change({ ...typed, state }, 'once')}
        />
        {text('subject')}
        {text('sender')}
        {text('recipient')}
        {text('device')}
        {filters.client !== '' && text('client')}
        {filters.upstream !== '' && text('upstream')}
        <SelectField
          label={t('messages.time')}
          value={typed.time}
          choices={TIMES.map((value) => ({ value, label: t(`messages.time-${value}`) }))}
          onChange={(time) => change({ ...typed, time }, 'once')}
        />
        {typed.time === 'custom' && (
          <>
            <TimeField
              label={t('messages.from')}
              value={typed.after}
              onChange={(after) => change({ ...typed, after }, 'later')}
            />
            <TimeField
              label={t('messages.until')}
              value={typed.before}
              onChange={(before) => change({ ...typed, before }, 'later')}
            />
          </>
        )}
        {!isEmpty(typed) && (
          <button type="button" class="quiet" onClick={() => change(filtersOf(''), 'once')}>
            {t('messages.clear')}
          </button>
        )}
        {/* Enter searches at once. */}
        <button type="submit" class="hidden" tabIndex={-1}>
          {t('messages.filters')}
        </button>
      </form>
    </search>
  );
}

function TimeField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <div class="field">
      <label>
        {props.label}
        <input
          type="datetime-local"
          value={props.value}
          onInput={({ currentTarget }) => props.onChange(currentTarget.value)}
        />
      </label>
    </div>
  );
}
