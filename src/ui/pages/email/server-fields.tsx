/** Where the mail is handed to: server, port, encryption. Of a known provider they are filled in and folded away. */
import { useState } from 'preact/hooks';
import type { Presets } from '../../../admin/contract-configuration.ts';
import { Disclosure } from '../../components/disclosure.tsx';
import { Notice } from '../../components/notice.tsx';
import { NumberField } from '../../components/number-field.tsx';
import { RadioGroup } from '../../components/radio-group.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { t } from '../../words/words.ts';
import { EXAMPLES } from './examples.ts';
import { type FormProps, setter } from './form.ts';
import { numberAt, textAt, withAt } from './json.ts';

const SECURITIES = ['starttls', 'tls', 'none'] as const;

export function ServerFields(props: FormProps & { readonly ports: Presets['ports'] }) {
  const { upstream, way, preset, path } = props;
  const host = textAt(upstream, ['host']) || (way?.server?.host ?? '');
  const port = numberAt(upstream, ['port']) ?? 587;
  const security = textAt(upstream, ['security']) || 'starttls';
  const known = way?.server?.host !== undefined;
  // Open where somebody has typed another one; what he opens or closes later is his.
  const [open] = useState(known && host !== way?.server?.host && preset?.regions === undefined);
  const region = preset?.regions?.find((each) => each.host === host);
  if (textAt(upstream, ['kind']) !== 'smtp') return null;
  return (
    <>
      {preset?.regions !== undefined && (
        <SelectField
          label={t('email.region')}
          value={region?.id ?? ''}
          choices={[
            ...(region === undefined ? [{ value: '', label: host }] : []),
            ...preset.regions.map(({ id }) => ({ value: id, label: id })),
          ]}
          onChange={(id) => setter(props, ['host'])(preset.regions?.find((each) => each.id === id)?.host)}
        />
      )}
      {known ? (
        <Disclosure
          open={open}
          summary={t('email.serverIs', {
            server: `${host}:${port}`,
            security: security === 'none' ? t('email.security-none') : security.toUpperCase(),
          })}
        >
          <Server {...props} host={host} port={port} security={security} path={path} />
        </Disclosure>
      ) : (
        <Server {...props} host={host} port={port} security={security} path={path} />
      )}
    </>
  );
}

function Server(
  props: FormProps & {
    readonly ports: Presets['ports'];
    readonly host: string;
    readonly port: number;
    readonly security: string;
  },
) {
  const { upstream, change, path, ports, host, port, security } = props;
  const usual = ports.find((each) => each.security === security)?.port;
  const signsIn = !['', 'none'].includes(textAt(upstream, ['authentication', 'type']));
  return (
    <>
      <TextField
        label={t('email.host')}
        hint={t('email.hostHint')}
        path={`${path}.host`}
        value={host}
        onChange={setter(props, ['host'])}
        code
        placeholder={EXAMPLES.server}
      />
      <RadioGroup
        label={t('email.security')}
        path={`${path}.security`}
        inline
        value={SECURITIES.find((each) => each === security)}
        choices={SECURITIES.map((value) => ({ value, label: t(`email.security-${value}`) }))}
        onChange={(next) => {
          // A port that was the usual one becomes the usual one of the new encryption.
          const chosen = ports.find((each) => each.security === next)?.port ?? port;
          const moved = port === usual ? withAt(upstream, ['port'], chosen) : upstream;
          change(withAt(moved, ['security'], next));
        }}
      />
      <NumberField
        label={t('email.port')}
        hint={
          usual !== undefined && usual !== port
            ? t('email.portUsual', { port: String(usual) })
            : t('email.portHint')
        }
        path={`${path}.port`}
        value={port}
        min={1}
        max={65_535}
        onChange={setter(props, ['port'])}
      />
      {security === 'none' && signsIn && <Notice kind="warning">{t('email.inClear')}</Notice>}
    </>
  );
}
