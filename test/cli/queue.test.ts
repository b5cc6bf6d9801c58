import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { UpstreamStatus } from '../../src/delivery/upstreams.ts';
import { createInbox } from '../../src/inbox/create-inbox.ts';
import type { JournalEntry, JournalEvent } from '../../src/queue/message.ts';
import { type RunningAdmin, sampleMessage, startAdmin, TOKEN } from '../support/admin.ts';
import { typed } from '../support/command-line.ts';
import { ScriptedUpstreams } from '../support/scripted-upstreams.ts';

const BROKEN: UpstreamStatus = {
  name: 'broken',
  kind: 'smtp',
  circuit: 'open',
  reason: 'authentication',
  text: 'the password was \u001b[31mrefused',
  remedy: 'Check the password.',
  nextProbeAt: 1_795_000_060_000,
  connections: 0,
  recipientsToday: 0,
};
const FIRST = '0000000000000001';
const SECOND = '0000000000000002';

describe('postern queue', () => {
  let running: RunningAdmin;
  let env: Record<string, string>;
  beforeEach(async () => {
    running = await startAdmin();
    await writeFile(join(running.directory, 'admin.token'), `${TOKEN}\n`);
    env = { POSTERN_ADMIN: running.url.slice('http://'.length), POSTERN_DATA: running.directory };
    running.messages.set(FIRST, sampleMessage(FIRST));
    running.messages.set(SECOND, sampleMessage(SECOND, { state: 'held' }));
  });
  afterEach(() => running.stop());

  it('lists what is queued or held in aligned columns, and says how much there is in all', async () => {
    const { code, out } = await typed(['queue', 'list'], env);
    expect(code).to.equal(0);
    const [head, second, first, sum] = out.split('\n');
    expect(head).to.match(/^ID +STATE +ACCEPTED +SIZE +CLIENT +FROM +TO +SUBJECT$/);
    expect(second).to.contain(SECOND).and.contain(' held ');
    expect(first).to.contain(FIRST).and.contain(' queued ');
    expect(second?.indexOf('scanner@')).to.equal(head?.indexOf('FROM'));
    expect(sum).to.equal('2 messages. In all: 2 queued.');
  });

  it('shows the message itself without letting it steer the terminal, and saves it byte for byte', async () => {
    const bytes = Buffer.from('Subject: Toner \u001b[31m\r\n\r\nlow\r\n');
    running.bodies.set(FIRST, bytes);
    const shown = await typed(['queue', 'show', FIRST, '--content'], env);
    expect(shown.out).to.equal('Subject: Toner \\x1b[31m\n\nlow\n');
    const file = join(running.directory, 'saved.eml');
    expect((await typed(['queue', 'show', FIRST, '--save', file], env)).code).to.equal(0);
    expect(await readFile(file)).to.deep.equal(bytes);
    const again = await typed(['queue', 'show', FIRST, '--save', file], env);
    expect(again.code).to.equal(1);
    expect(again.err).to.contain('is there already');
  });

  it('waits for a message and prints its id, or says that none came', async () => {
    const clock = { ...running.services.clock };
    const inbox = createInbox({ ...running.services, upstreams: new ScriptedUpstreams(), clock });
    const waiting = await startAdmin({ queue: running.services.queue, inbox });
    try {
      const there = { ...env, POSTERN_ADMIN: waiting.url.slice('http://'.length) };
      const found = await typed(['queue', 'wait', '--recipient', 'office@', '--timeout', '0'], there);
      expect(found).to.include({ code: 0, out: `${FIRST}\n` });
      running.messages.clear();
      const none = await typed(['queue', 'wait', '--timeout', '0', '--after', '5m'], there);
      expect(none.code).to.equal(1);
      expect(none.err).to.contain('No message that matches came within 0 seconds.');
    } finally {
      await waiting.stop();
      await inbox.close();
    }
  });

  it('sends a copy, and asks to whom', async () => {
    expect((await typed(['queue', 'copy', FIRST], env)).code).to.equal(2);
    const unknown = await typed(['queue', 'copy', FIRST, '--to', 'ann@example.com'], env);
    expect(unknown.code).to.equal(1);
  });

  it('passes conditions on, and prints JSON for programs', async () => {
    const { code, out } = await typed(['queue', 'list', '--state', 'held', '--json'], env);
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.have.nested.property('messages[0].id', SECOND);
    expect(JSON.parse(out)).to.have.property('messages').with.length(1);
  });

  it('shows a message with its journal as a story', async () => {
    const attempt: JournalEvent = {
      type: 'attempt',
      upstream: 'office',
      attempt: 1,
      recipients: [
        {
          address: 'office@example.com',
          result: 'deferred',
          reply: { code: 451, enhanced: '4.3.2', text: 'try later' },
          reason: 'busy',
          remedy: 'wait',
        },
      ],
      delays: [12, 3, 104, 2000],
      nextAttemptAt: 1_795_000_060_000,
      possibleDuplicate: true,
    };
    running.journals.set(FIRST, [{ message: FIRST, at: 1_795_000_000_500, node: 'n1', event: attempt }]);
    const { code, out } = await typed(['queue', 'show', FIRST.toLowerCase()], env);
    expect(code).to.equal(0);
    expect(out).to.contain(`accepted: 250 2.0.0 Queued as ${FIRST}`);
    expect(out).to.contain('attempt 1 at office, delays 0.012/0.003/0.1/2 s');
    expect(out).to.contain('office@example.com deferred (busy): 451 4.3.2 try later');
    expect(out)
      .to.contain('possible duplicate')
      .and.contain('what to do: wait')
      .and.contain('next attempt at 2026-');
  });

  it('says what a message waits for, and lists what is out of order', async () => {
    running.waitingFor.set(FIRST, BROKEN);
    for (const command of [['show', FIRST], ['list']]) {
      const { out } = await typed(['queue', ...command], env);
      expect(out).to.contain(
        'Upstream broken is out of order (authentication): the password was \\x1b[31mrefused',
      );
      expect(out).to.contain('what to do: Check the password.');
      expect(out).to.match(/tried again at 2026-.*queue retry --all/);
    }
    const { out } = await typed(['queue', 'show', FIRST, '--json'], env);
    expect(JSON.parse(out)).to.have.nested.property('waitingFor.remedy', 'Check the password.');
  });

  it('does not repeat what the server said', async () => {
    const reply = { code: 535, enhanced: '5.7.8', text: 'no such password' };
    const entry = (text: string): JournalEntry => ({
      message: FIRST,
      at: 1_795_000_000_500,
      node: 'n1',
      event: { type: 'waiting', upstream: 'office', reason: 'authentication', text, reply },
    });
    for (const text of ['It said: 535 5.7.8 no such password', 'Sign-in failed.']) {
      running.journals.set(FIRST, [entry(text)]);
      const { out } = await typed(['queue', 'show', FIRST], env);
      expect(out.match(/no such password/g)).to.have.length(1);
    }
  });

  it('shows nobody as still waiting when the message was deleted', async () => {
    running.messages.set(FIRST, sampleMessage(FIRST, { state: 'deleted' }));
    const { out } = await typed(['queue', 'show', FIRST], env);
    expect(out).to.match(/office@example\.com +deleted/);
  });

  it('never sends control characters of a mail to the terminal', async () => {
    const evil = '\u001b]0;owned\u0007\u009b31m\u202e\r\nID fake';
    running.messages.set(
      FIRST,
      sampleMessage(FIRST, {
        subject: evil,
        envelope: { sender: `a${evil}@example.com`, eightBit: false, smtpUtf8: true },
        recipients: [{ address: `b${evil}`, state: 'failed', reply: { code: 550, text: evil } }],
        origin: { client: evil, listener: evil, address: evil, greeting: evil },
      }),
    );
    for (const command of [['list'], ['list', '--json'], ['show', FIRST], ['show', FIRST, '--json']]) {
      const { code, out } = await typed(['queue', ...command], env);
      expect(code).to.equal(0);
      expect(out).to.contain('owned');
      expect(out).not.to.match(/[^\P{Cc}\n]|[\u202a-\u202e]/u);
      expect(out).not.to.match(/^ID fake/m);
    }
  });

  it('acts on the ids that are typed, in the name of the user who types', async () => {
    const { code, out } = await typed(['queue', 'retry', FIRST], env);
    expect({ code, out }).to.deep.equal({ code: 0, out: '1 message being tried again.\n' });
    expect(running.verbs).to.deep.equal([{ verb: 'retry', filter: { ids: [FIRST] }, by: 'cli (tester)' }]);
  });

  it('releases to the upstream that is named', async () => {
    const { code } = await typed(['queue', 'release', SECOND, '--to', 'office'], env);
    expect(code).to.equal(0);
    expect(running.verbs[0]).to.deep.include({ filter: { ids: [SECOND] }, upstream: 'office' });
  });

  it('wants a --yes before it deletes or releases more than one message', async () => {
    for (const command of [
      ['delete', FIRST, SECOND],
      ['delete', '--client', 'scanner'],
      ['delete', '--all'],
    ]) {
      const refused = await typed(['queue', ...command], env);
      expect(refused.code).to.equal(2);
      expect(refused.err).to.contain('2 messages').and.contain('--yes');
    }
    expect(running.verbs).to.deep.equal([]);
    expect((await typed(['queue', 'delete', '--all', '--yes'], env)).code).to.equal(0);
    expect(running.verbs[0]?.filter).to.deep.equal({ states: ['queued', 'held'] });
  });

  it('does nothing when nothing is named', async () => {
    const { code, err } = await typed(['queue', 'delete', '--yes'], env);
    expect(code).to.equal(2);
    expect(err).to.contain('--all');
    expect(running.verbs).to.deep.equal([]);
  });

  it('fails for an id that there is not', async () => {
    const retry = await typed(['queue', 'retry', '000000000000000Z'], env);
    expect(retry.code).to.equal(1);
    const show = await typed(['queue', 'show', '000000000000000Z'], env);
    expect(show).to.deep.include({ code: 1, out: '' });
    expect(show.err).to.contain('There is no message 000000000000000Z.');
    const odd = await typed(['queue', 'show', '../../settings'], env);
    expect(odd.code).to.equal(1);
    expect(odd.err).to.contain('is not a message id');
  });

  for (const wrong of [
    ['queue', 'list', '--state', 'sent'],
    ['queue', 'list', '--after', 'yesterday'],
    ['queue', 'list', '--limit', '0'],
    ['queue', 'list', '--limit', '1e3'],
    ['queue', 'list', 'extra'],
    ['queue', 'list', '--nonsense'],
    ['queue', 'show'],
    ['queue', 'toString'],
    ['queue'],
  ]) {
    it(`ends with 2 and a pointer for: ${wrong.join(' ')}`, async () => {
      const { code, out, err } = await typed(wrong, env);
      expect(code).to.equal(2);
      expect(out).to.equal('');
      expect(err.trim().split('\n')).to.have.length(1);
    });
  }
});
