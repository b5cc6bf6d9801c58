import { type AllowDevice, allowedDeviceSchema } from '../admin/contract-overview.ts';
import { createClient } from './client.ts';
import type { Command } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safe, safeJson } from './output.ts';

/** `postern devices allow`: lets an address send, in a new revision of the settings. */
export const devicesAllow: Command = {
  flags: {
    sender: { value: 'ADDRESS', help: 'Only with this sender; as anybody if left out. <> for reports' },
    'rewrite-sender': { help: 'Its mail leaves with the upstream’s own sender' },
    name: { value: 'NAME', help: 'Name of the new client; made from its greeting or address' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [1, 1],
  details:
    'A stranger becomes a client of its own. A client that lacks the sender gets it. In force at once; undone with "settings rollback".',
  async run(typed) {
    const [address = ''] = typed.positionals;
    const sender = typed.text('sender');
    const name = typed.text('name');
    const body: AllowDevice = {
      address,
      ...(sender === undefined ? {} : { sender: sender === '<>' ? '' : sender }),
      ...(typed.on('rewrite-sender') ? { rewriteSender: true } : {}),
      ...(name === undefined ? {} : { name }),
    };
    const answer = await createClient(typed).ask('/api/v1/devices/allow', allowedDeviceSchema, {
      method: 'POST',
      body,
    });
    if (typed.on('json')) typed.terminal.out(`${safeJson(answer)}\n`);
    else typed.terminal.out(`${safe(answer.text)}\n`);
    return 0;
  },
};
