import type { StoredUser } from '../access/storage.ts';
import { ownSender } from '../delivery/own-sender.ts';
import { enqueue } from './enqueue.ts';
import type { AdminServices } from './services.ts';
import { createWelcomeMail } from './welcome-mail.ts';

/** Puts the welcome mail for a new user into the queue; answers its id, or nothing for a user without an address. Throws RelayError. */
export async function sendWelcome(
  { name, email }: Pick<StoredUser, 'name' | 'email'>,
  services: Pick<AdminServices, 'accepting' | 'settings' | 'hostname' | 'clock' | 'random' | 'log'>,
): Promise<string | undefined> {
  if (email === undefined) return undefined;
  const { accepting, settings, hostname, clock, random, log } = services;
  const current = settings.current();
  const host = hostname();
  const mail = createWelcomeMail({
    from: ownSender(current) ?? `postern@${host}`,
    to: email,
    name,
    accessUrl: current.accessUrl,
    hostname: host,
    at: clock.now(),
    token: random.bytes(9).toString('hex'),
  });
  const { id } = await enqueue(accepting, mail);
  log.info({ id, user: name }, 'Welcome mail queued');
  return id;
}
