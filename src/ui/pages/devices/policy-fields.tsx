/** What clients and users have alike: senders, upstream, rewriting, and what is tolerated of old devices. */
import { CheckField } from '../../components/check-field.tsx';
import { Disclosure } from '../../components/disclosure.tsx';
import { RadioGroup } from '../../components/radio-group.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { isObject } from '../../json.ts';
import { t } from '../../words/words.ts';
import { type Entry, flagOf, textOf, textsOf, withValue } from './document.ts';
import type { FieldsProps } from './entry-form.tsx';
import { ListField } from './list-field.tsx';

export function PolicyFields(props: FieldsProps) {
  return (
    <>
      <SenderFields {...props} />
      <UpstreamField {...props} />
      <RewriteFields {...props} />
      <Compatibility {...props} />
    </>
  );
}

function SenderFields({ entry, change, path }: FieldsProps) {
  const senders = textsOf(entry, 'senders', ['*']);
  const any = senders.includes('*');
  return (
    <>
      <RadioGroup
        label={t('devices.sendersLabel')}
        value={any ? 'any' : 'only'}
        choices={[
          { value: 'any', label: t('devices.senders-any') },
          { value: 'only', label: t('devices.senders-only') },
        ]}
        onChange={(value) => {
          const named = senders.filter((sender) => sender !== '*');
          change({ ...entry, senders: value === 'any' ? [...named, '*'] : named });
        }}
      />
      {!any && (
        <ListField
          label={t('devices.sendersList')}
          hint={t('devices.sendersHint')}
          path={`${path}.senders`}
          value={senders}
          onChange={(next) => change({ ...entry, senders: next })}
        />
      )}
    </>
  );
}

function UpstreamField({ entry, change, path, document }: FieldsProps) {
  const upstreams: unknown = isObject(document) ? document['upstreams'] : undefined;
  const listed = Array.isArray(upstreams) ? upstreams.filter((each) => isObject(each)) : [];
  const value = textOf(entry, 'upstream');
  const names = [...new Set([...listed.map((each) => textOf(each, 'name')), 'test-relay', value])];
  return (
    <SelectField
      label={t('devices.upstreamLabel')}
      path={`${path}.upstream`}
      value={value}
      choices={[
        { value: '', label: t('devices.upstreamDefault') },
        ...names.filter((name) => name !== '').map((name) => ({ value: name, label: name })),
      ]}
      onChange={(next) => change(withValue(entry, 'upstream', next === '' ? undefined : next))}
    />
  );
}

function RewriteFields({ entry, change, path }: FieldsProps) {
  const rewrites = entry['rewriteSender'] !== undefined;
  return (
    <>
      <RadioGroup
        label={t('devices.rewriteLabel')}
        value={rewrites ? 'as' : 'keep'}
        choices={[
          { value: 'keep', label: t('devices.rewrite-keep') },
          { value: 'as', label: t('devices.rewrite-as') },
        ]}
        onChange={(value) => change(withValue(entry, 'rewriteSender', value === 'as' ? '' : undefined))}
      />
      {rewrites && (
        <TextField
          label={t('devices.rewriteAddress')}
          hint={t('devices.rewriteHint')}
          path={`${path}.rewriteSender`}
          type="email"
          value={textOf(entry, 'rewriteSender')}
          onChange={(value) => change({ ...entry, rewriteSender: value })}
        />
      )}
    </>
  );
}

/** The switches of `compatibility`, each as a yes or no in words. */
function Compatibility({ entry, change, path }: FieldsProps) {
  const known = entry['compatibility'];
  const compatibility: Entry = isObject(known) ? known : {};
  const set = (next: Entry) => change(withValue(entry, 'compatibility', next, {}));
  const at = `${path}.compatibility`;
  const flag = (key: 'addressesWithoutBrackets' | 'oddAddresses' | 'talksFirst', otherwise: boolean) => ({
    path: `${at}.${key}`,
    value: flagOf(compatibility, key, otherwise),
    onChange: (value: boolean) => set(withValue(compatibility, key, value, otherwise)),
  });
  return (
    <Disclosure summary={t('devices.old')} open={Object.keys(compatibility).length > 0}>
      <CheckField
        label={t('devices.withoutBrackets')}
        hint={t('devices.withoutBracketsHint')}
        {...flag('addressesWithoutBrackets', true)}
      />
      <CheckField
        label={t('devices.oddAddresses')}
        hint={t('devices.oddAddressesHint')}
        {...flag('oddAddresses', true)}
      />
      <CheckField
        label={t('devices.bareLineFeeds')}
        hint={t('devices.bareLineFeedsHint')}
        path={`${at}.bareLineFeeds`}
        value={compatibility['bareLineFeeds'] !== 'refuse'}
        onChange={(value) => set(withValue(compatibility, 'bareLineFeeds', value ? undefined : 'refuse'))}
      />
      <CheckField
        label={t('devices.nulBytes')}
        hint={t('devices.nulBytesHint')}
        path={`${at}.nulBytes`}
        value={compatibility['nulBytes'] === 'remove'}
        onChange={(value) => set(withValue(compatibility, 'nulBytes', value ? 'remove' : undefined))}
      />
      <CheckField
        label={t('devices.talksFirst')}
        hint={t('devices.talksFirstHint')}
        {...flag('talksFirst', false)}
      />
    </Disclosure>
  );
}
