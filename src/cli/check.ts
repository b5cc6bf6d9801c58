import { readSettingsFile } from '../settings/settings-file.ts';
import type { Command } from './command.ts';
import { jsonFlag } from './node-flags.ts';
import { counted, safe, safeJson } from './output.ts';
import { printFaults } from './print-faults.ts';

export const check: Command = {
  flags: jsonFlag,
  positionals: [1, 1],
  details: 'Needs no running node. Exits with 1 when there are faults.',
  async run({ positionals: [file = ''], terminal: { out, err }, on }) {
    const { faults, warnings } = await readSettingsFile(file);
    if (on('json')) {
      out(`${safeJson({ faults, warnings })}\n`);
      return faults.length > 0 ? 1 : 0;
    }
    if (faults.length > 0) {
      err(`${safe(file)}: ${counted(faults.length, 'fault')}\n`);
      printFaults(faults, err);
    }
    if (warnings.length > 0) {
      err('Worth a second look:\n');
      printFaults(warnings, err);
    }
    if (faults.length === 0) out(`${safe(file)}: no faults.\n`);
    return faults.length > 0 ? 1 : 0;
  },
};
