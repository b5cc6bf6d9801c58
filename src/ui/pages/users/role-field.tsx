/** The roles, each with what it may do in words. */
import type { Role } from '../../../access/permissions.ts';
import { RadioGroup } from '../../components/radio-group.tsx';
import { t } from '../../words/words.ts';

/** The compiler says when one is missing. */
const ROLES: Readonly<Record<Role, Role>> = {
  viewer: 'viewer',
  operator: 'operator',
  administrator: 'administrator',
};

export function RoleField(props: { readonly value: Role; readonly onChange: (role: Role) => void }) {
  return (
    <RadioGroup
      label={t('users.role')}
      path="role"
      value={props.value}
      choices={Object.values(ROLES).map((role) => ({
        value: role,
        label: t(`common.role-${role}`),
        hint: t(`users.role-${role}-may`),
      }))}
      onChange={props.onChange}
    />
  );
}
