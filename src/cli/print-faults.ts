import { faultText } from '../settings/faults.ts';
import type { Fault } from '../shared/errors.ts';
import { safe } from './output.ts';

/** Most faults that are printed; the rest is counted. */
const MAX_FAULTS = 100;

/** One line for each fault: where, what is wrong, what would be right. */
export function printFaults(faults: readonly Fault[], print: (text: string) => void): void {
  for (const fault of faults.slice(0, MAX_FAULTS)) print(`  ${safe(faultText(fault))}\n`);
  if (faults.length > MAX_FAULTS) print(`  and ${faults.length - MAX_FAULTS} more\n`);
}
