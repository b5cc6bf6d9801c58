/** A secret of an upstream: written and never read; one that comes from a file or a program of the machine is only named. */
import type { ComponentChildren } from 'preact';
import { SecretField } from '../../components/secret-field.tsx';
import { dateText } from '../../format.ts';
import { isObject, type Json } from '../../json.ts';
import { t } from '../../words/words.ts';
import type { FormProps } from './form.ts';
import { valueAt } from './json.ts';
import { withSecret } from './ways.ts';

export function OwnSecret(
  props: FormProps & {
    readonly name: string;
    readonly label: string;
    readonly hint?: string;
    readonly optional?: boolean;
    readonly path: string;
  },
) {
  const { upstream, saved, change, name, label, hint, optional = false, path } = props;
  const keys = ['authentication', name];
  const now = valueAt(upstream, keys);
  const typed = isObject(now) && typeof now['value'] === 'string' ? now['value'] : undefined;
  const before = saved === undefined ? undefined : valueAt(saved, keys);
  const kept = before ?? (typed === undefined ? now : undefined);
  return (
    <SecretField
      label={label}
      path={path}
      optional={optional}
      {...(hint === undefined ? {} : { hint })}
      value={typed}
      isSet={kept !== undefined}
      about={aboutSecret(kept)}
      onChange={(next) => change(withSecret(upstream, saved, keys, next))}
    />
  );
}

/** Since when it is set, or where it comes from. */
function aboutSecret(source: Json | undefined): ComponentChildren {
  if (!isObject(source)) return undefined;
  const { since, file, env, command, vault } = source;
  if (typeof since === 'string') return t('email.setOn', { date: dateText(Date.parse(since)) });
  if (typeof file === 'string') return t('email.fromFile', { file });
  if (typeof env === 'string') return t('email.fromVariable', { name: env });
  if (typeof vault === 'string') return t('email.fromVault', { place: vault });
  return Array.isArray(command) ? t('email.fromCommand', { program: String(command[0]) }) : undefined;
}
