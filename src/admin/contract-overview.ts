/** The state of everything on one page, traffic, devices, live updates. Times are ms since 1970. */
import { z } from 'zod';
import { upstreamSchema } from './contract.ts';
import { alertsSchema, expirySchema } from './contract-attention.ts';
import { authorizationSchema } from './contract-authorizations.ts';

const time = z.number();
const text = z.string();
const count = z.number();

/** What went through in the stretch that begins at `at`. */
const trafficPoint = z.object({
  at: time,
  accepted: count,
  delivered: count,
  deferred: count,
  failed: count,
  refused: count,
});

export const trafficSchema = z.object({
  /** Milliseconds of a point. */
  step: count,
  /** Oldest first, without gaps; the last one is not over yet. */
  points: z.array(trafficPoint).readonly(),
});

/** How the last test of an upstream ended; `current` is false when its settings were changed since. */
export const upstreamTestSchema = z.object({
  result: z.enum(['ok', 'warning', 'failed']),
  current: z.boolean(),
  at: time,
  by: text,
  sentTo: text.optional(),
  text: text.optional(),
});

export const overviewSchema = z.object({
  /**
   * Whether mail flows: `flowing`; `idle`: nothing came yet; `test-relay`: all mail is held, nothing is sent; `delayed`: mail waits longer than it
   * should; `stopped`: no upstream takes mail; `not-accepting`: devices are told to come back later.
   */
  state: z.enum(['flowing', 'idle', 'test-relay', 'delayed', 'stopped', 'not-accepting']),
  /** `mixed`: some mail goes to the test relay. */
  mode: z.enum(['live', 'test-relay', 'mixed']),
  version: text,
  accessUrl: text,
  hostname: text,
  /** Settings come from a file and cannot be changed here. */
  locked: z.boolean(),
  lastAcceptedAt: time.optional(),
  lastDeliveredAt: time.optional(),
  listeners: z
    .array(
      z.object({
        name: text,
        address: text,
        port: count,
        security: text,
        authentication: text,
        open: z.boolean(),
        failure: text.optional(),
      }),
    )
    .readonly(),
  upstreams: z
    .array(
      upstreamSchema.extend({
        isDefault: z.boolean(),
        authorization: authorizationSchema.optional(),
        test: upstreamTestSchema.optional(),
        waiting: count,
        lastLeavesAt: time.optional(),
      }),
    )
    .readonly(),
  /** Messages and bytes by state. */
  counts: z.array(z.object({ state: text, count, bytes: count })).readonly(),
  /** Queued messages by how long they have waited: up to so many ms; the last has no `upTo`. */
  ages: z.array(z.object({ upTo: count.optional(), count })).readonly(),
  alerts: alertsSchema.shape.alerts,
  /** Only what ends soon or has ended. */
  expiry: expirySchema.shape.expiry,
  /** Refused devices that were seen within the last day. */
  refusedDevices: count,
});

export const deviceSchema = z.object({
  address: text,
  /** The client or SMTP user that it counted as. */
  client: text,
  listener: text,
  greeting: text,
  user: text.optional(),
  tls: text.optional(),
  firstSeen: time,
  lastSeen: time,
  lastMessage: text,
  lastSender: text,
  messages: count,
});
export const devicesSchema = z.object({ devices: z.array(deviceSchema).readonly() });
export const devicesQuerySchema = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,5}$/, { error: 'is not a whole number' })
    .transform(Number)
    .pipe(z.int().min(1, { error: 'is less than 1' }).max(10_000, { error: 'is more than 10000' }))
    .prefault('500'),
});

/** Where devices reach Postern, and what is to be entered on them. */
export const listenersSchema = z.object({
  listeners: z
    .array(
      z.object({
        name: text,
        address: text,
        port: count,
        security: z.enum(['none', 'starttls', 'tls']),
        requireTls: z.boolean(),
        authentication: z.enum(['none', 'optional', 'required']),
        certificate: text,
        minimumTls: text,
        open: z.boolean(),
        failure: text.optional(),
        /** Only programs on this machine reach it. */
        onlyThisMachine: z.boolean(),
        /** Addresses and names to enter as server, the most likely one first. */
        servers: z.array(text).readonly(),
      }),
    )
    .readonly(),
  /** Addresses of this machine that others may reach it under; in a container those of the container. */
  ownAddresses: z.array(text).readonly(),
});

/** Makes an entry of `clients` for a refused device, in a new revision of the settings. */
export const allowDeviceSchema = z.strictObject({
  address: text.min(1, { error: 'is empty' }).max(64),
  /** Sender that was refused; every sender if absent. */
  sender: text.max(320).optional(),
  /** Its mail leaves with the upstream's own sender from now on. */
  rewriteSender: z.boolean().optional(),
  /** Name of the new client; made from the greeting or address if absent. */
  name: text
    .min(1)
    .max(64)
    .regex(/^[^\p{Cc}\p{Cf}]*$/u, { error: 'has characters that cannot be seen' })
    .optional(),
});
export const allowedDeviceSchema = z.object({ client: text, revision: count, text });

/** Rooms of the page that an event is about; what is shown of them is asked for again. */
export const TOPICS = [
  'messages',
  'upstreams',
  'settings',
  'alerts',
  'authorizations',
  'devices',
  'certificates',
  'access',
] as const;
export type Topic = (typeof TOPICS)[number];

/** Data of a `changed` event on GET /api/v1/events (text/event-stream); a `hello` event opens the stream, comments keep it alive. */
export const changedEventSchema = z.object({ topics: z.array(z.enum(TOPICS)).readonly() });

export type Overview = z.output<typeof overviewSchema>;
export type Traffic = z.output<typeof trafficSchema>;
export type Device = z.output<typeof deviceSchema>;
export type Listeners = z.output<typeof listenersSchema>;
export type AllowDevice = z.input<typeof allowDeviceSchema>;
export type AllowedDevice = z.output<typeof allowedDeviceSchema>;
