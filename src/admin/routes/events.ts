/** Server-sent events: which rooms of the page have changed. */
import type { Caller } from '../../access/caller.ts';
import type { Permission } from '../../access/permissions.ts';
import { changedEventSchema, TOPICS, type Topic } from '../contract-overview.ts';
import type { EventHub } from '../events.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices } from '../services.ts';

/** Who may hear that something has changed: whoever may read it. */
const READERS: Readonly<Record<Topic, Permission>> = {
  messages: 'messages.read',
  upstreams: 'status.read',
  settings: 'settings.read',
  alerts: 'status.read',
  authorizations: 'status.read',
  devices: 'devices.read',
  certificates: 'certificates.read',
  access: 'access.manage',
};

export function eventRoutes({
  events,
  callerNow,
  version,
}: Pick<AdminServices, 'callerNow' | 'version'> & { readonly events: EventHub }): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/events',
      access: 'status.read',
      summary:
        'Word of changes as text/event-stream: `hello` once, then `changed` with topics. What other nodes do is told within 15 s, by naming every topic.',
      params: nothing,
      query: nothing,
      body: nothing,
      api: { mediaType: 'text/event-stream', item: changedEventSchema, refusals: [503] },
      handle({ caller, signal }) {
        const stream = events.subscribe({
          who: `${caller.kind} ${caller.user ?? caller.token ?? caller.name}`,
          hello: { version },
          topics: topicsOf(caller),
          gone: signal,
          ...(callerNow === undefined ? {} : { recheck: () => topicsNow(callerNow, caller) }),
        });
        return {
          headers: {
            'Content-Type': 'text/event-stream; charset=utf-8',
            // A proxy in front must not collect it; and when it ends, nobody waits for more on that connection.
            'X-Accel-Buffering': 'no',
            Connection: 'close',
          },
          chunks: stream.chunks,
          cut: stream.cut,
          async discard() {
            stream.leave();
          },
        };
      },
    }),
  ];
}

async function topicsNow(
  callerNow: (caller: Caller) => Promise<Caller | undefined>,
  caller: Caller,
): Promise<ReadonlySet<Topic> | undefined> {
  const now = await callerNow(caller);
  return now?.permissions.has('status.read') === true ? topicsOf(now) : undefined;
}

function topicsOf({ permissions }: Caller): ReadonlySet<Topic> {
  return new Set(TOPICS.filter((topic) => permissions.has(READERS[topic])));
}
