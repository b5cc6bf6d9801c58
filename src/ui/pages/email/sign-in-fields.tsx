/** How Postern signs in: the way in words first, then only the fields that this way needs. */
import type { Way } from '../../../admin/contract-configuration.ts';
import { Notice } from '../../components/notice.tsx';
import { RadioGroup } from '../../components/radio-group.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { t } from '../../words/words.ts';
import { AdvancedFields } from './advanced-fields.tsx';
import { EXAMPLES } from './examples.ts';
import { type FormProps, setter } from './form.ts';
import { GoogleFile } from './google-file.tsx';
import { textAt, withAt } from './json.ts';
import { OwnSecret } from './own-secret.tsx';
import { choiceOf, withWay } from './ways.ts';

export function SignInFields(props: FormProps) {
  const { upstream, saved, change, preset, way, path } = props;
  if (textAt(upstream, ['kind']) === 'test-relay') return <p>{t('email.holdsMail')}</p>;
  const choice = choiceOf(upstream);
  const ways = (preset?.ways ?? []).filter((each) => each.cloud === undefined || each.cloud === choice.cloud);
  const kinds = [...new Set(ways.map((each) => each.kind))];
  const sameKind = ways.filter((each) => each.kind === choice.kind);
  const clouds = [...new Set((preset?.ways ?? []).flatMap((each) => each.cloud ?? []))];
  return (
    <>
      {clouds.length > 1 && (
        <SelectField
          label={t('email.cloud')}
          path={`${path}.authentication.cloud`}
          value={choice.cloud}
          choices={clouds.map((value) => ({ value, label: cloudName(value) }))}
          onChange={(cloud) => {
            const next = preset?.ways.find(
              (each) => each.cloud === cloud && each.kind === choice.kind && each.flow === choice.flow,
            );
            if (next !== undefined) change(withWay(upstream, next, saved));
          }}
        />
      )}
      {kinds.length > 1 && (
        <RadioGroup
          label={t('email.kind')}
          value={kinds.find((kind) => kind === choice.kind)}
          choices={kinds.map((value) => ({
            value,
            label: t(`email.kind-${value}`),
            hint: t(`email.kindHint-${value}`),
          }))}
          onChange={(kind) => {
            const next =
              ways.find((each) => each.kind === kind && each.flow === choice.flow) ??
              ways.find((each) => each.kind === kind);
            if (next !== undefined) change(withWay(upstream, next, saved));
          }}
        />
      )}
      {sameKind.length > 1 && (
        <RadioGroup
          label={t('email.signIn')}
          value={way === undefined ? undefined : wayId(way)}
          choices={sameKind.map((each) => ({
            value: wayId(each),
            label: t(`email.way-${wayId(each)}`),
            hint: t(`email.wayHint-${wayId(each)}`),
          }))}
          onChange={(id) => {
            const next = sameKind.find((each) => wayId(each) === id);
            if (next !== undefined) change(withWay(upstream, next, saved));
          }}
        />
      )}
      {way === undefined ? (
        <Notice kind="info">{t('email.ownWay')}</Notice>
      ) : (
        <WayFields {...props} way={way} />
      )}
      {choice.type === 'oauth2' && <AdvancedFields {...props} />}
    </>
  );
}

type WayId = 'none' | 'password' | NonNullable<Way['flow']>;

function wayId(way: Way): WayId {
  return way.type === 'oauth2' ? (way.flow ?? 'authorization-code') : way.type;
}

function cloudName(cloud: string): string {
  if (cloud === 'us-government') return t('email.cloud-us-government');
  if (cloud === 'us-government-dod') return t('email.cloud-us-government-dod');
  return cloud === 'china' ? t('email.cloud-china') : t('email.cloud-global');
}

/** The fields that a way names, in its order. */
function WayFields(props: FormProps & { readonly way: Way }) {
  const { way, upstream, path, preset } = props;
  const base = `${path}.authentication`;
  return (
    <>
      {way.provider === 'google' && <GoogleFile {...props} />}
      {way.fields.map((name) => {
        const key = name.replace('?', '');
        const optional = key !== name;
        const field = { path: `${base}.${key}`, optional };
        const text = {
          ...field,
          value: textAt(upstream, ['authentication', key]),
          onChange: setter(props, ['authentication', key]),
        };
        switch (key) {
          case 'email':
            return (
              <TextField
                key={key}
                {...text}
                type="email"
                label={t('email.account')}
                hint={t('email.accountHint')}
                placeholder={EXAMPLES.mailbox}
              />
            );
          case 'mailbox':
            return (
              <TextField
                key={key}
                {...text}
                type="email"
                label={t('email.mailbox')}
                hint={t('email.mailboxHint')}
                placeholder={EXAMPLES.mailbox}
              />
            );
          case 'user':
            return (
              <TextField
                key={key}
                {...text}
                label={t('email.user')}
                hint={preset?.id === 'amazon-ses' ? t('email.userSes') : t('email.userHint')}
              />
            );
          case 'tenantId':
            return (
              <TextField
                key={key}
                {...text}
                code
                label={t('email.tenantId')}
                hint={t('email.tenantIdHint')}
                placeholder={EXAMPLES.id}
              />
            );
          case 'clientId':
            return (
              <TextField
                key={key}
                {...text}
                code
                label={t('email.clientId')}
                hint={way.provider === 'microsoft' ? t('email.clientIdMicrosoft') : t('email.clientIdHint')}
              />
            );
          case 'clientSecret':
            return (
              <OwnSecret
                key={key}
                {...props}
                {...field}
                name={key}
                label={t('email.clientSecret')}
                {...(way.provider === 'microsoft' ? { hint: t('email.clientSecretMicrosoft') } : {})}
              />
            );
          case 'clientSecretExpires':
            return <DayField key={key} {...props} />;
          case 'serviceAccount':
            return (
              <OwnSecret
                key={key}
                {...props}
                {...field}
                name={key}
                label={t('email.serviceAccount')}
                hint={t('email.serviceAccountHint')}
              />
            );
          case 'password':
            return (
              <OwnSecret
                key={key}
                {...props}
                {...field}
                name={key}
                label={t('email.password')}
                {...(preset?.id === 'gmail' || preset?.id === 'google-workspace'
                  ? { hint: t('email.appPasswordHint') }
                  : {})}
              />
            );
          case 'scopes':
            return (
              <TextField key={key} {...text} code label={t('email.scopes')} hint={t('email.scopesHint')} />
            );
          case 'authorizationEndpoint':
            return <TextField key={key} {...text} code type="url" label={t('email.authorizationEndpoint')} />;
          case 'deviceAuthorizationEndpoint':
            return <TextField key={key} {...text} code type="url" label={t('email.deviceEndpoint')} />;
          case 'tokenEndpoint':
            return <TextField key={key} {...text} code type="url" label={t('email.tokenEndpoint')} />;
          default:
            return null;
        }
      })}
    </>
  );
}

/** The day on which the client secret ends; Postern warns in time. */
function DayField({ upstream, change, path }: FormProps) {
  const keys = ['authentication', 'clientSecretExpires'];
  return (
    <TextField
      label={t('email.secretExpires')}
      hint={t('email.secretExpiresHint')}
      path={`${path}.authentication.clientSecretExpires`}
      optional
      placeholder={EXAMPLES.day}
      inputMode="numeric"
      maxLength={10}
      value={textAt(upstream, keys)}
      onChange={(day) => change(withAt(upstream, keys, day === '' ? undefined : day))}
    />
  );
}
