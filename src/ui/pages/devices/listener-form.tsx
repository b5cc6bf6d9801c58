/** Adds or changes an address and port on which devices reach Postern. */
import type { Listeners } from '../../../admin/contract-overview.ts';
import { CheckField } from '../../components/check-field.tsx';
import { NumberField } from '../../components/number-field.tsx';
import { RadioGroup } from '../../components/radio-group.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { choiceOf, flagOf, textOf, withValue } from './document.ts';
import { EntryForm, type FieldsProps } from './entry-form.tsx';

const LOOPBACK = '127.0.0.1';
const SECURITY = ['none', 'starttls', 'tls'] as const;
const AUTHENTICATION = ['none', 'optional', 'required'] as const;
const TLS = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'] as const;
const OLD_TLS: readonly string[] = ['TLSv1.1', 'TLSv1'];

export function ListenerForm({ name }: { readonly name?: string | undefined }) {
  return (
    <EntryForm
      section="listeners"
      name={name}
      title={name ?? t('devices.newListener')}
      fresh={{ name: '', address: '0.0.0.0', port: 2525 }}
      fields={(props) => (
        <>
          <TextField
            label={t('devices.listenerName')}
            hint={t('devices.clientNameHint')}
            path={`${props.path}.name`}
            value={textOf(props.entry, 'name')}
            onChange={(value) => props.change({ ...props.entry, name: value })}
            required
            maxLength={64}
          />
          <AddressFields {...props} />
          <SecurityFields {...props} />
          <AuthenticationField {...props} />
          <TextField
            label={t('devices.maxMessageSize')}
            hint={t('devices.maxMessageSizeHint')}
            path={`${props.path}.maxMessageSize`}
            value={textOf(props.entry, 'maxMessageSize', '50 MiB')}
            onChange={(value) =>
              props.change(
                withValue(props.entry, 'maxMessageSize', value === '' ? undefined : value, '50 MiB'),
              )
            }
          />
        </>
      )}
    />
  );
}

function AddressFields({ entry, change, path }: FieldsProps) {
  const { data } = useQuery<Listeners>('/api/v1/listeners');
  const address = textOf(entry, 'address', LOOPBACK);
  const choices = [
    { value: LOOPBACK, label: t('devices.on-this', { address: LOOPBACK }) },
    { value: '0.0.0.0', label: t('devices.on-all') },
    { value: '::', label: t('devices.on-all6') },
    ...(data?.ownAddresses ?? []).map((one) => ({
      value: one,
      label: one,
    })),
  ];
  const listed = choices.some(({ value }) => value === address);
  return (
    <div class="fields">
      <SelectField
        label={t('devices.listenOn')}
        value={listed ? address : ''}
        choices={[...choices, { value: '', label: t('devices.on-other') }]}
        onChange={(value) => change({ ...entry, address: value })}
        {...(listed ? { path: `${path}.address` } : {})}
      />
      {!listed && (
        <TextField
          label={t('devices.otherAddress')}
          path={`${path}.address`}
          code
          value={address}
          onChange={(value) => change({ ...entry, address: value })}
        />
      )}
      <NumberField
        label={t('devices.port')}
        hint={t('devices.portHint')}
        path={`${path}.port`}
        min={0}
        placeholder="2525"
        max={65_535}
        value={typeof entry['port'] === 'number' ? entry['port'] : undefined}
        onChange={(port) => change(withValue(entry, 'port', port))}
      />
    </div>
  );
}

function SecurityFields({ entry, change, path }: FieldsProps) {
  const security = choiceOf(entry, 'security', SECURITY, 'none');
  const oldest = choiceOf(entry, 'minimumTls', TLS, 'TLSv1.2');
  return (
    <>
      <RadioGroup
        label={t('devices.securityLabel')}
        path={`${path}.security`}
        value={security}
        choices={SECURITY.map((value) => ({
          value,
          label: t(`devices.security-${value}`),
          hint: t(`devices.security-${value}-hint`),
        }))}
        onChange={(value) => change(withValue(entry, 'security', value, 'none'))}
      />
      {security === 'starttls' && (
        <CheckField
          label={t('devices.requireTls')}
          path={`${path}.requireTls`}
          value={flagOf(entry, 'requireTls', false)}
          onChange={(value) => change(withValue(entry, 'requireTls', value, false))}
        />
      )}
      {security !== 'none' && (
        <div class="fields">
          <SelectField
            label={t('devices.minimumTls')}
            path={`${path}.minimumTls`}
            value={oldest}
            choices={TLS.map((value) => ({
              value,
              label: OLD_TLS.includes(value) ? t('devices.tls-old', { version: value }) : value,
            }))}
            onChange={(value) => change(withValue(entry, 'minimumTls', value, 'TLSv1.2'))}
          />
          <TextField
            label={t('devices.certificate')}
            hint={t('devices.certificateHint')}
            path={`${path}.certificate`}
            value={textOf(entry, 'certificate', 'default')}
            onChange={(value) =>
              change(withValue(entry, 'certificate', value === '' ? undefined : value, 'default'))
            }
          />
        </div>
      )}
    </>
  );
}

function AuthenticationField({ entry, change, path }: FieldsProps) {
  return (
    <RadioGroup
      label={t('devices.authenticationLabel')}
      path={`${path}.authentication`}
      value={choiceOf(entry, 'authentication', AUTHENTICATION, 'none')}
      choices={AUTHENTICATION.map((value) => ({
        value,
        label: t(`devices.authentication-${value}`),
        hint: t(`devices.authentication-${value}-hint`),
      }))}
      onChange={(value) => change(withValue(entry, 'authentication', value, 'none'))}
    />
  );
}
