/** Which sender a recipient sees, with an example. */
import { RadioGroup } from '../../components/radio-group.tsx';
import { TextField } from '../../components/text-field.tsx';
import { rich, t } from '../../words/words.ts';
import { type FormProps, setter } from './form.ts';
import { textAt } from './json.ts';
import { ownAddress } from './ways.ts';

const REWRITES = ['never', 'if-refused', 'always'] as const;
/** Stands for a device that sends. */
const DEVICE = 'scanner@example.com';

export function SenderFields(props: FormProps) {
  const { upstream, path } = props;
  const rewrite = REWRITES.find((each) => each === (textAt(upstream, ['from', 'rewrite']) || 'never'));
  const own = ownAddress(upstream);
  const seen = rewrite === 'always' && own !== '' ? own : DEVICE;
  return (
    <>
      <TextField
        label={t('email.from')}
        hint={t('email.fromHint')}
        path={`${path}.from.address`}
        type="email"
        optional
        value={textAt(upstream, ['from', 'address'])}
        placeholder={own}
        onChange={setter(props, ['from', 'address'])}
      />
      <RadioGroup
        label={t('email.rewrite')}
        path={`${path}.from.rewrite`}
        value={rewrite}
        choices={REWRITES.map((value) => ({
          value,
          label: t(`email.rewrite-${value}`),
          hint: t(`email.rewriteHint-${value}`),
        }))}
        onChange={setter(props, ['from', 'rewrite'])}
      />
      <p class="example">
        {rewrite === 'if-refused' && own !== ''
          ? rich('email.exampleRefused', { device: <code>{DEVICE}</code>, own: <code>{own}</code> })
          : rich('email.example', { device: <code>{DEVICE}</code>, seen: <code>{seen}</code> })}
        {rewrite === 'always' && own !== '' && (
          <> {rich('email.exampleReply', { device: <code>{DEVICE}</code> })}</>
        )}
      </p>
    </>
  );
}
