/** What Postern keeps to so that the provider has nothing to complain about, and who takes over. */
import { NumberField } from '../../components/number-field.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { t } from '../../words/words.ts';
import { type FormProps, setter } from './form.ts';
import { numberAt, textAt } from './json.ts';

const LIMITS = ['connections', 'messagesPerMinute', 'recipientsPerDay', 'recipientsPerMessage'] as const;

export function LimitsFields(props: FormProps & { readonly others: readonly string[] }) {
  const { upstream, way, path, others } = props;
  return (
    <>
      <div class="fields">
        {LIMITS.map((key) => {
          const usual = way?.limits[key] ?? { connections: 10, recipientsPerMessage: 500 }[key as string];
          return (
            <NumberField
              key={key}
              label={t(`email.limit-${key}`)}
              path={`${path}.limits.${key}`}
              optional
              min={1}
              value={numberAt(upstream, ['limits', key])}
              placeholder={usual === undefined ? t('email.noLimit') : String(usual)}
              onChange={setter(props, ['limits', key])}
            />
          );
        })}
      </div>
      <SelectField
        label={t('email.fallback')}
        hint={t('email.fallbackHint')}
        path={`${path}.fallback`}
        optional
        value={textAt(upstream, ['fallback'])}
        choices={[
          { value: '', label: t('email.noFallback') },
          ...others.map((value) => ({ value, label: value })),
        ]}
        onChange={setter(props, ['fallback'])}
      />
    </>
  );
}
