import { startDelayProxy } from './delay-proxy.ts';
import { runLoad } from './load.ts';
import { startSink } from './sink.ts';

/**
 * The parts of the bench that run as processes of their own, so that they do not share an event loop with what measures:
 * `load PORT SENDERS MESSAGES SIZE one|many`, `sink` and `delay TARGET ROUND-TRIP`. They say what happened in lines on standard output: `port N`,
 * `count N`, `result JSON`.
 */
const [role = '', ...rest] = process.argv.slice(2);
const [first = 0, second = 0, third = 0, fourth = 0] = rest.map(Number);

switch (role) {
  case 'load': {
    const perConnection = rest[4] === 'one' ? 'one' : 'many';
    const load = { port: first, senders: second, messages: third, size: fourth, perConnection } as const;
    console.log(`result ${JSON.stringify(await runLoad(load))}`);
    break;
  }
  case 'sink': {
    const sink = await startSink();
    console.log(`port ${sink.port}`);
    let told = -1;
    setInterval(() => {
      if (sink.count() === told) return;
      told = sink.count();
      console.log(`count ${told}`);
    }, 5);
    break;
  }
  case 'delay':
    console.log(`port ${(await startDelayProxy(first, second)).port}`);
    break;
  default:
    console.error(
      'usage: helper-process.ts load PORT SENDERS MESSAGES SIZE one|many | sink | delay TARGET ROUND-TRIP',
    );
    process.exitCode = 2;
}
