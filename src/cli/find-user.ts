import { type User, usersSchema } from '../admin/contract-access.ts';
import { RelayError } from '../shared/errors.ts';
import type { Client } from './client.ts';

/** The user of this name, without regard to case. Throws RelayError `not-found`. */
export async function findUser(client: Client, name: string): Promise<User> {
  const { users } = await client.ask('/api/v1/users', usersSchema);
  const wanted = name.normalize('NFKC').toLowerCase();
  const user = users.find((each) => each.name.normalize('NFKC').toLowerCase() === wanted);
  if (user !== undefined) return user;
  throw new RelayError('not-found', `There is no user ${name}.`, {
    hint:
      users.length === 0
        ? 'There is no user at all yet.'
        : `There are ${users.map((each) => each.name).join(', ')}.`,
  });
}
