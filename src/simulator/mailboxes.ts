/*
 * Who is there: accounts with a password, what each may send as, and which ones the application was granted. Addresses are compared
 * without regard to case. Mailboxes whose local part begins with `scenario+` exist by themselves.
 */
import type { SimulatedMailbox } from './simulator.ts';

export interface Mailboxes {
  add(mailbox: SimulatedMailbox): void;
  /** The mailbox with this address; undefined where there is none. */
  find(address: string): Required<SimulatedMailbox> | undefined;
  /** Whether the mailbox may send with this address as its sender. */
  maySendAs(mailbox: string, sender: string): boolean;
}

const MAX_MAILBOXES = 10_000;

/** `password` is what mailboxes without one of their own get. */
export function createMailboxes(password: string): Mailboxes {
  const mailboxes = new Map<string, Required<SimulatedMailbox>>();
  const find = (address: string): Required<SimulatedMailbox> | undefined => {
    const email = address.toLowerCase();
    const known = mailboxes.get(email);
    if (known !== undefined || !email.startsWith('scenario+')) return known;
    return { email, password, sendAs: [], granted: true };
  };
  return {
    find,
    add(mailbox) {
      const email = mailbox.email.toLowerCase();
      if (mailboxes.size >= MAX_MAILBOXES && !mailboxes.has(email)) return;
      mailboxes.set(email, {
        email,
        password: mailbox.password ?? mailboxes.get(email)?.password ?? password,
        sendAs: (mailbox.sendAs ?? mailboxes.get(email)?.sendAs ?? []).map((each) => each.toLowerCase()),
        granted: mailbox.granted ?? mailboxes.get(email)?.granted ?? true,
      });
    },
    maySendAs(mailbox, sender) {
      const address = sender.toLowerCase();
      return address === mailbox.toLowerCase() || (find(mailbox)?.sendAs.includes(address) ?? false);
    },
  };
}
