/*
 * Starts a Microsoft 365 and a Google that run offline, on 127.0.0.1 only. Everything that they were told is forgotten when they are
 * closed, except the certificate authority and the keys, which the directory keeps.
 */
import { systemClock } from '../shared/clock.ts';
import { openAuthority } from './authority.ts';
import { createBehaviours } from './behaviours.ts';
import { createClients } from './clients.ts';
import { serveControl } from './control.ts';
import { startGoogle } from './google/start-google.ts';
import { openKeys } from './keys.ts';
import { createMailboxes } from './mailboxes.ts';
import { startMicrosoft } from './microsoft/start-microsoft.ts';
import { createOutbox } from './outbox.ts';
import {
  type Behaviour,
  type Registration,
  SIMULATOR_PORTS,
  type Simulator,
  type SimulatorOptions,
} from './simulator.ts';
import type { World } from './world.ts';

const HOUR = 3_600_000;
/** Opens nothing but a simulator. */
const ACCOUNT = { email: 'relay@example.com', password: 'simulator' } as const;

/** Resolves when everything listens; rejects where a port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? systemClock;
  const [authority, keys] = await Promise.all([
    openAuthority(options.directory),
    openKeys(options.directory),
  ]);
  const world: World = {
    clock,
    authority,
    keys,
    limits: options.limits ?? true,
    manners: {
      lifetime: options.tokenLifetime ?? HOUR,
      length: options.tokenLength ?? 0,
      rotate: options.rotateRefreshTokens ?? false,
    },
    behaviours: createBehaviours(),
    mailboxes: createMailboxes(ACCOUNT.password),
    clients: createClients(),
    outbox: createOutbox(clock),
  };
  world.mailboxes.add({ email: ACCOUNT.email });
  const port = (name: (typeof SIMULATOR_PORTS)[number]) =>
    options.firstPort === undefined ? 0 : options.firstPort + SIMULATOR_PORTS.indexOf(name);
  const started: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(started.splice(0).map((each) => each.close()));
  };
  /** Where one port is taken, the others are given back. */
  const keep = async <Part extends { close(): Promise<void> }>(starting: Promise<Part>): Promise<Part> => {
    try {
      const part = await starting;
      started.push(part);
      return part;
    } catch (error) {
      await close();
      throw error;
    }
  };
  const microsoft = await keep(
    startMicrosoft(world, ACCOUNT, {
      web: port('microsoft'),
      smtp: port('microsoftSmtp'),
    }),
  );
  const google = await keep(startGoogle(world, ACCOUNT, { web: port('google'), smtp: port('googleSmtp') }));

  const actions = {
    behave: (behaviour: Behaviour) => world.behaviours.add(behaviour),
    reset: () => world.behaviours.clear(),
    register({ mailbox, redirectUri, clientCertificate, clientSecret }: Registration) {
      if (mailbox !== undefined) world.mailboxes.add(mailbox);
      if (redirectUri !== undefined) world.clients.addRedirectUri(redirectUri);
      if (clientCertificate !== undefined) world.clients.addCertificate(clientCertificate);
      if (clientSecret !== undefined) world.clients.setSecret(clientSecret);
    },
    messages: () => world.outbox.messages(),
    counters: () => ({ ...world.outbox.counters }),
    revoke(what: 'tokens' | 'grants') {
      microsoft.revoke(what);
      google.revoke(what);
    },
  };
  const { behaviours, manners } = world;
  const control = await keep(
    serveControl({ ...actions, manners, behaviours: () => behaviours.list() }, port('control')),
  );
  return {
    ...actions,
    certificateAuthority: authority.certificate,
    microsoft: microsoft.description,
    google: google.description,
    control: `http://127.0.0.1:${control.port}`,
    close,
  };
}
