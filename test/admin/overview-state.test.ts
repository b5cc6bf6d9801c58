import { expect } from 'chai';
import { calm } from '../../src/admin/calm.ts';
import { listenerList } from '../../src/admin/listener-list.ts';
import { mailMode, usedUpstreams } from '../../src/admin/mail-mode.ts';
import { type OverviewFacts, overviewState, takesMail } from '../../src/admin/overview-state.ts';
import { ownAddresses } from '../../src/admin/own-addresses.ts';
import { stillRefused } from '../../src/admin/refused-devices.ts';
import { type SettingsInput, settingsSchema } from '../../src/settings/schema.ts';
import { ManualClock } from '../support/manual-clock.ts';

const HOUR = 3_600_000;
const OPEN = [{ open: true }];
const office = { name: 'office', takesMail: true, waiting: 0 };
const backup = { name: 'backup', takesMail: true, waiting: 0 };
const ages = (...counts: readonly number[]) =>
  [300_000, HOUR, 4 * HOUR, 24 * HOUR, undefined].map((upTo, index) => ({
    count: counts[index] ?? 0,
    ...(upTo === undefined ? {} : { upTo }),
  }));
const WELL: OverviewFacts = {
  refusing: false,
  listeners: OPEN,
  mode: 'live',
  upstreams: [office, backup],
  ages: ages(),
  seenMail: true,
};
const down = { takesMail: false };

describe('state of the whole', () => {
  const rows: readonly (readonly [string, Partial<OverviewFacts>, string])[] = [
    ['all is well', {}, 'flowing'],
    ['nothing came yet', { seenMail: false }, 'idle'],
    ['mail is refused', { refusing: true }, 'not-accepting'],
    [
      'mail is refused and nothing leaves',
      { refusing: true, upstreams: [{ ...office, ...down }] },
      'not-accepting',
    ],
    ['no listener is open', { listeners: [{ open: false }] }, 'not-accepting'],
    ['there is no listener', { listeners: [] }, 'not-accepting'],
    ['one of two listeners is open', { listeners: [{ open: false }, ...OPEN] }, 'flowing'],
    ['all is held', { mode: 'test-relay', upstreams: [], ages: ages(0, 0, 9) }, 'test-relay'],
    [
      'all is held and nothing came yet',
      { mode: 'test-relay', upstreams: [], seenMail: false },
      'test-relay',
    ],
    ['some is held', { mode: 'mixed' }, 'flowing'],
    [
      'nothing leaves',
      {
        upstreams: [
          { ...office, ...down },
          { ...backup, ...down },
        ],
      },
      'stopped',
    ],
    [
      'nothing leaves and nothing came yet',
      { upstreams: [{ ...office, ...down }], seenMail: false },
      'stopped',
    ],
    [
      'one of two is out of order, and nobody waits',
      { upstreams: [office, { ...backup, ...down }] },
      'flowing',
    ],
    ['mail waits for one of two', { upstreams: [office, { ...backup, ...down, waiting: 1 }] }, 'delayed'],
    [
      'mail waits for one that works',
      { upstreams: [{ ...office, waiting: 900 }], ages: ages(900) },
      'flowing',
    ],
    ['mail has waited for an hour', { ages: ages(0, 7) }, 'flowing'],
    ['mail has waited for two hours', { ages: ages(0, 0, 1) }, 'delayed'],
    ['mail has waited for days', { ages: ages(0, 0, 0, 0, 1) }, 'delayed'],
  ];
  for (const [when, facts, expected] of rows) {
    it(`is ${expected} when ${when}`, () => {
      expect(overviewState({ ...WELL, ...facts })).to.equal(expected);
    });
  }

  it('takes an upstream for usable when its circuit is closed and nobody has to sign in', () => {
    const states = [undefined, 'authorized', 'failing', 'none', 'void', 'stale'] as const;
    expect(
      states.map((state) => takesMail('closed', state && { state, flow: 'authorization-code' })),
    ).to.deep.equal([true, true, true, false, false, false]);
    const application = { state: 'none', flow: 'client-credentials' } as const;
    expect(takesMail('closed', application), 'an application needs nobody').to.equal(true);
    expect([
      takesMail('open', { state: 'authorized', flow: 'authorization-code' }),
      takesMail('half-open', undefined),
    ]).to.deep.equal([false, false]);
  });
});

describe('mode', () => {
  const upstreams: SettingsInput['upstreams'] = [
    { name: 'office', kind: 'smtp', host: 'smtp.example.com' },
    { name: 'lab', kind: 'test-relay' },
  ];
  const rows: readonly (readonly [string, SettingsInput, string])[] = [
    ['nothing is set', {}, 'test-relay'],
    ['the default is an upstream', { upstreams, defaultUpstream: 'office' }, 'live'],
    ['the default is a named test relay', { upstreams, defaultUpstream: 'lab' }, 'test-relay'],
    [
      'a route leads to the test relay',
      { upstreams, defaultUpstream: 'office', routes: [{ senderDomain: 'a.example', upstream: 'lab' }] },
      'mixed',
    ],
    [
      'a client goes to the test relay',
      {
        upstreams,
        defaultUpstream: 'office',
        clients: [{ name: 'c', networks: ['::1'], upstream: 'test-relay' }],
      },
      'mixed',
    ],
    [
      'a route takes everything before the default',
      { upstreams, routes: [{ upstream: 'office' }, { client: 'c', upstream: 'lab' }] },
      'live',
    ],
    [
      'only an upstream that nobody uses is live',
      { upstreams, defaultUpstream: 'lab', clients: [{ name: 'c', networks: ['::1'] }] },
      'test-relay',
    ],
  ];
  for (const [when, input, expected] of rows) {
    it(`is ${expected} when ${when}`, () => {
      expect(mailMode(settingsSchema.parse(input))).to.equal(expected);
    });
  }

  it('names each upstream once', () => {
    const client = { networks: ['::1'], upstream: 'office' };
    const clients = [
      { name: 'a', ...client },
      { name: 'b', networks: ['::2'] },
    ];
    expect(
      usedUpstreams(settingsSchema.parse({ upstreams, clients, defaultUpstream: 'office' })),
    ).to.deep.equal(['office']);
  });
});

const denied = (address: string, sender: string, client = '') => ({
  address,
  sender,
  client,
  greeting: '',
  recipient: '',
  reason: '',
  listener: '',
  count: 1,
  firstSeen: 0,
  lastSeen: 0,
});

describe('what the overview is made of', () => {
  it('leaves out refusals that would not be made again', () => {
    const settings = settingsSchema.parse({
      clients: [{ name: 'office', networks: ['192.0.2.0/24'], senders: ['@example.com'] }],
      users: [{ name: 'scan', password: { value: 'x' }, senders: ['scan@example.com'] }],
    });
    const rows = [
      denied('192.0.2.1', 'a@example.com'),
      denied('192.0.2.1', 'a@other.example', 'office'),
      denied('198.51.100.1', 'a@example.com'),
      denied('198.51.100.1', 'scan@example.com', 'scan'),
      denied('192.0.2.1', 'a@example.com', 'scan'),
      denied('nonsense', ''),
    ];
    expect(stillRefused(rows, settings)).to.deep.equal([rows[1], rows[2], rows[4], rows[5]]);
  });

  it('names what to enter on a device', () => {
    const own = ['192.0.2.5', '2001:db8::5'];
    const listeners = [
      { name: 'here', address: '127.0.0.1', port: 0 },
      { name: 'all', address: '0.0.0.0', port: 25 },
      { name: 'both', address: '::', port: 26, security: 'starttls' },
      { name: 'one', address: '192.0.2.5', port: 27 },
    ] as const;
    const settings = settingsSchema.parse({ hostname: 'relay.example.com', listeners });
    const opened = [{ name: 'here', address: '127.0.0.1', port: 40_000, open: true }];
    const list = listenerList(opened, settings, own);
    expect(list.listeners.map(({ servers }) => servers)).to.deep.equal([
      ['127.0.0.1'],
      ['192.0.2.5', 'relay.example.com'],
      ['192.0.2.5', '2001:db8::5', 'relay.example.com'],
      ['192.0.2.5'],
    ]);
    expect(
      list.listeners.map(({ port, open, onlyThisMachine }) => [port, open, onlyThisMachine]),
    ).to.deep.equal([
      [40_000, true, true],
      [25, false, false],
      [26, false, false],
      [27, false, false],
    ]);
    const found = ownAddresses(() => ({
      lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }],
      eth0: [
        { address: 'fe80::1', family: 'IPv6', internal: false },
        { address: '2001:db8::5', family: 'IPv6', internal: false },
        { address: '192.0.2.5', family: 'IPv4', internal: false },
        { address: '169.254.3.4', family: 'IPv4', internal: false },
      ],
      gone: undefined,
    }));
    expect(found).to.deep.equal(own);
  });

  it('asks a slow store seldom, and a quick one whenever it is asked', async () => {
    const clock = new ManualClock();
    let cost = 0;
    let reads = 0;
    const read = calm(clock, async () => {
      clock.advance(cost);
      reads += 1;
      return reads;
    });
    expect([await read(), await read()]).to.deep.equal([1, 2]);
    cost = 100;
    expect([await read(), await read()], 'kept for 50 times as long').to.deep.equal([3, 3]);
    clock.advance(5_001);
    expect(await read(), 'the old one once more while it is read anew').to.equal(3);
    await new Promise(setImmediate);
    expect([await read(), reads]).to.deep.equal([4, 4]);
    clock.advance(60_000);
    expect(await read(), 'too old to be shown').to.equal(5);
  });

  it('does not keep a failure', async () => {
    let broken = true;
    const read = calm(new ManualClock(), async () => {
      if (broken) throw new Error('no disk');
      return 1;
    });
    expect(await read().catch(() => 'failed')).to.equal('failed');
    broken = false;
    expect(await read()).to.equal(1);
  });
});
