import { faultText } from '../settings/faults.ts';
import type { Fault } from '../shared/errors.ts';
import { safe } from './output.ts';

/** Most faults that are printed; the rest is counted. */
const MAX_FAULTS = 100;

/** One line for each fault, in the order of the file: where, what is wrong, what would be right. */
export function printFaults(faults: readonly Fault[], print: (text: string) => void): void {
  const sorted = faults.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  for (const fault of sorted.slice(0, MAX_FAULTS)) print(`  ${safe(faultText(fault))}\n`);
  if (faults.length > MAX_FAULTS) print(`  and ${faults.length - MAX_FAULTS} more\n`);
}
