/**
 * Mocha ends when nothing is open any more. A test that fails can leave a server or a child process open, and one that
 * passes must not: some seconds after the last test this says what is left, and ends the run as failed.
 */
const PATIENCE = 10_000;

/** Mocha's global teardown; runs once, behind the last test. */
export function mochaGlobalTeardown(): void {
  setTimeout(() => {
    console.error(`Still open after the last test: ${process.getActiveResourcesInfo().join(', ')}`);
    // Mocha sets the exit code when the process ends, to the number of failures.
    process.on('exit', () => {
      process.exitCode ||= 1;
    });
    process.exit();
  }, PATIENCE).unref();
}
