/** Prints as mocha's spec reporter does, and leaves the totals in a file for the script that sums suites up. */
import { writeFileSync } from 'node:fs';
import { type MochaOptions, type Runner, reporters } from 'mocha';

// mocha asks a reporter's module for its default export.
export default class extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const given: unknown = options.reporterOptions;
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      if (typeof given !== 'object' || given === null || !('output' in given)) return;
      writeFileSync(String(given.output), JSON.stringify({ passes, failures, pending }));
    });
  }
}
