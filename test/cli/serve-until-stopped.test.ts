import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import type { App } from '../../src/app.ts';
import { serveUntilStopped } from '../../src/cli/serve-until-stopped.ts';
import { RelayError } from '../../src/shared/errors.ts';
import { Secret } from '../../src/shared/secret.ts';
import { recordLog } from '../support/recorded-log.ts';

class Exit extends Error {}

/** A process that can be told things, and an app that notes what is done with it. */
function scene(app: Partial<App> = {}, create?: () => Promise<App>) {
  const log = recordLog();
  const events = new EventEmitter();
  const done: string[] = [];
  const exits: number[] = [];
  let err = '';
  const whole = {
    settings: {
      current: () => ({ upstreams: [], defaultUpstream: undefined }),
      reload: async () => void done.push('reload'),
    },
    admin: { address: () => ({ host: '127.0.0.1', port: 1, secure: false }) },
    setupLink: () => undefined,
    start: async () => void done.push('start'),
    stop: async (deadline: number) => void done.push(`stop ${deadline}`),
    ...app,
  } as unknown as App; // only what is used of it
  const served = serveUntilStopped({
    create: create ?? (async () => whole),
    owned: { log: log.log, dropped: () => 0, flush: () => void done.push('flush') },
    process: {
      on: (event, listener) => events.on(event, listener),
      off: (event, listener) => events.off(event, listener),
      exit(code) {
        exits.push(code);
        throw new Exit();
      },
    },
    err: (text) => {
      err += text;
    },
    version: '1',
    deadline: 500,
  });
  return { served, events, done, exits, log, said: () => err };
}

describe('the life of postern serve', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    it(`ends with 0 at ${signal}, within the deadline, and leaves no listener behind`, async () => {
      const { served, events, done } = scene();
      await new Promise(setImmediate);
      events.emit(signal, signal);
      expect(await served).to.equal(0);
      expect(done.filter((what) => what !== 'flush')).to.deep.equal(['start', 'stop 500']);
      expect(done.at(-1)).to.equal('flush');
      expect(events.eventNames()).to.deep.equal([]);
    });
  }

  it('names the address of the admin as a browser wants it', async () => {
    for (const secure of [false, true]) {
      const admin = { address: () => ({ host: '127.0.0.1', port: 1, secure }) };
      const { served, events, log } = scene({ admin } as unknown as Partial<App>);
      await new Promise(setImmediate);
      events.emit('SIGTERM', 'SIGTERM');
      expect(await served).to.equal(0);
      expect(log.text()).to.contain(`Admin on ${secure ? 'https' : 'http'}://127.0.0.1:1,`);
    }
  });

  it('shows the link of the first start on the terminal, and not in the log', async () => {
    const { served, events, said, log } = scene({
      setupLink: () => new Secret('http://localhost:8025/setup#once'),
    });
    await new Promise(setImmediate);
    expect(said()).to.include('http://localhost:8025/setup#once');
    events.emit('SIGTERM', 'SIGTERM');
    expect(await served).to.equal(0);
    expect(JSON.stringify(log.lines)).not.to.include('once');
  });

  it('ends at once at the second signal, with the log written', async () => {
    const { served, events, done, exits } = scene({ stop: () => new Promise<void>(() => undefined) });
    served.catch(() => undefined);
    await new Promise(setImmediate);
    events.emit('SIGTERM', 'SIGTERM');
    expect(() => events.emit('SIGTERM', 'SIGTERM')).to.throw(Exit);
    expect(exits).to.deep.equal([1]);
    expect(done.at(-1)).to.equal('flush');
  });

  it('reads the settings again at SIGHUP and goes on', async () => {
    const { served, events, done } = scene();
    await new Promise(setImmediate);
    events.emit('SIGHUP', 'SIGHUP');
    await new Promise(setImmediate);
    expect(done).to.include('reload');
    events.emit('SIGTERM', 'SIGTERM');
    expect(await served).to.equal(0);
  });

  for (const fault of ['uncaughtException', 'unhandledRejection']) {
    it(`logs an ${fault} as fatal, stops in order and ends with 1`, async () => {
      const { served, events, done, log } = scene();
      await new Promise(setImmediate);
      events.emit(fault, new Error('a bug'));
      expect(await served).to.equal(1);
      expect(done).to.include('stop 2000');
      expect(log.lines.join('\n')).to.contain('a bug').and.contain('"level":60');
    });
  }

  it('says in one clear text why it could not start', async () => {
    const fault = { path: 'listeners[0].port', message: 'is wrong', remedy: 'write another' };
    const error = new RelayError('settings-invalid', 'settings.yaml: a fault', {
      faults: [fault],
      hint: 'Do that.',
    });
    const { served, said } = scene({}, () => Promise.reject(error));
    expect(await served).to.equal(1);
    expect(said()).to.equal(
      'postern serve: could not start: settings.yaml: a fault\n  listeners[0].port is wrong; write another\nDo that.\n',
    );
  });

  it('stops in order when the signal comes during the start', async () => {
    const gate = Promise.withResolvers<void>();
    const { served, events, done } = scene({ start: () => gate.promise });
    await new Promise(setImmediate);
    events.emit('SIGTERM', 'SIGTERM');
    gate.resolve();
    expect(await served).to.equal(0);
    expect(done).to.include('stop 500');
  });
});
