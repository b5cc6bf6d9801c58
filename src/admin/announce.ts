/*
 * Where word of changes comes from: each room's own notifications where it has them, and thin covers around what it is asked
 * to do where it has none. Accepted mail, attempts and circuits tell by the hooks of the composition root.
 */
import type { AuditTrail } from '../access/audit.ts';
import type { DeniedStorage } from '../inbound/denied.ts';
import type { AlertBook } from '../notices/alerts.ts';
import type { Authorizations } from '../oauth/authorizations.ts';
import type { QueueOperations } from '../queue/operations.ts';
import type { SettingsSource } from '../settings/source.ts';
import type { Topic } from './contract-overview.ts';
import type { EventHub } from './events.ts';

type Publisher = Pick<EventHub, 'publish'>;

/** Rooms that tell of changes by themselves, of other nodes too where their store does. Returns the way to stop that. */
export function announceRooms(
  events: Publisher,
  rooms: {
    readonly settings: Pick<SettingsSource, 'onChange'>;
    readonly authorizations: Pick<Authorizations, 'onAuthorized'>;
    readonly alerts: Pick<AlertBook, 'onChange'>;
    /** Trust anchors, server certificates. */
    readonly certificates: readonly { onChange(callback: () => void): () => void }[];
  },
): () => void {
  const tell =
    (...topics: readonly Topic[]) =>
    () => {
      for (const topic of topics) events.publish(topic);
    };
  const stops = [
    rooms.settings.onChange(tell('settings', 'upstreams', 'devices')),
    rooms.authorizations.onAuthorized(tell('authorizations', 'upstreams')),
    rooms.alerts.onChange(tell('alerts')),
    ...rooms.certificates.map((room) => room.onChange(tell('certificates'))),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** The queue's verbs tell of messages once they are done. */
export function announceVerbs(queue: QueueOperations, events: Publisher): QueueOperations {
  const telling =
    <A extends readonly unknown[], R>(verb: (...parameters: A) => Promise<R>) =>
    async (...parameters: A): Promise<R> => {
      try {
        return await verb(...parameters);
      } finally {
        // A verb that failed half-way has changed some of them.
        events.publish('messages');
      }
    };
  return {
    ...queue,
    retry: telling((filter, by) => queue.retry(filter, by)),
    hold: telling((filter, by) => queue.hold(filter, by)),
    release: telling((filter, by, upstream) => queue.release(filter, by, upstream)),
    delete: telling((filter, by) => queue.delete(filter, by)),
  };
}

/** The list of refused clients tells when it has grown, whoever recorded. */
export function announceDenied(denied: DeniedStorage, events: Publisher): DeniedStorage {
  denied.onRecorded?.(() => events.publish('devices'));
  return denied;
}

/** What is recorded has changed something: each entry tells who shows the trail or users, and some tell of other rooms too. */
export function announceAudit(audit: AuditTrail, events: Publisher): AuditTrail {
  return {
    ...audit,
    async record(event) {
      await audit.record(event);
      events.publish('access');
      const topic = TOPIC_OF_ACTION.get(event.action.split('.')[0] ?? '');
      if (topic !== undefined) events.publish(topic);
    },
  };
}

/** By the first word of the action, such as `certificates` of `certificates.trusted`. */
const TOPIC_OF_ACTION: ReadonlyMap<string, Topic> = new Map([
  ['certificates', 'certificates'],
  ['authorizations', 'authorizations'],
  ['upstreams', 'upstreams'],
]);
