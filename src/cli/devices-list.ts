import { devicesSchema } from '../admin/contract-overview.ts';
import { createClient } from './client.ts';
import { type Command, wholeNumber } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { localTime, safeJson, table } from './output.ts';

/** `postern devices list`: who got mail accepted, the latest first. */
export const devicesList: Command = {
  flags: {
    limit: { value: 'N', help: 'Most devices that are shown (100; at most 10000)' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [0, 0],
  details: 'Each address under the client or user that its mail counted as.',
  async run(typed) {
    const limit = wholeNumber(typed.text('limit') ?? '100', '--limit', 1, 10_000);
    const answer = await createClient(typed).ask(`/api/v1/devices?limit=${limit}`, devicesSchema);
    const { out } = typed.terminal;
    if (typed.on('json')) {
      out(`${safeJson(answer)}\n`);
    } else if (answer.devices.length === 0) {
      out('No device has sent yet.\n');
    } else {
      const rows = answer.devices.map(({ address, client, greeting, lastSeen, messages, lastSender }) => [
        address,
        client,
        greeting,
        localTime(lastSeen),
        String(messages),
        `<${lastSender}>`,
      ]);
      out(table([['ADDRESS', 'CLIENT', 'GREETING', 'LAST', 'MESSAGES', 'SENDER'], ...rows]));
    }
    return 0;
  },
};
