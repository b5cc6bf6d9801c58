import type { z } from 'zod';
import type { Json } from './json.ts';
import { isJsonArray, isJsonObject } from './json.ts';
import type { RouteSettings } from './schema.ts';
import { DEFAULT_CLIENTS, DEFAULT_LISTENERS, routeSchema } from './schema.ts';
import type { ClientSettings, UserSettings } from './schema-clients.ts';
import { clientSchema, userSchema } from './schema-clients.ts';
import type { ListenerSettings } from './schema-listeners.ts';
import { listenerSchema } from './schema-listeners.ts';
import type { UpstreamSettings } from './schema-upstreams.ts';
import { upstreamSchema } from './schema-upstreams.ts';

/** An item of a list with its place; `value` is absent while the item itself has faults. */
export interface Entry<T> {
  readonly index: number;
  readonly name: string | undefined;
  readonly value: T | undefined;
}

/**
 * A document as far as it can be understood, so that faults between its parts are found beside those within them and an
 * administrator sees all at once.
 */
export interface Draft {
  readonly listeners: readonly Entry<ListenerSettings>[];
  readonly clients: readonly Entry<ClientSettings>[];
  readonly users: readonly Entry<UserSettings>[];
  readonly upstreams: readonly Entry<UpstreamSettings>[];
  readonly routes: readonly Entry<RouteSettings>[];
  readonly defaultUpstream: string | undefined;
}

/** What stands in the place of sections that the document leaves out, for they collide and count like typed ones. */
const DEFAULTS: Readonly<Record<string, Json>> = {
  listeners: [...DEFAULT_LISTENERS],
  clients: [...DEFAULT_CLIENTS],
};

export function draftOf(document: Json): Draft {
  const section = (key: string): Json | undefined => {
    if (!isJsonObject(document)) return undefined;
    return Object.hasOwn(document, key) ? document[key] : DEFAULTS[key];
  };
  const chosen = section('defaultUpstream');
  return {
    listeners: entries(section('listeners'), listenerSchema),
    clients: entries(section('clients'), clientSchema),
    users: entries(section('users'), userSchema),
    upstreams: entries(section('upstreams'), upstreamSchema),
    routes: entries(section('routes'), routeSchema),
    defaultUpstream: typeof chosen === 'string' ? chosen : undefined,
  };
}

function entries<S extends z.ZodType>(list: Json | undefined, schema: S): Entry<z.output<S>>[] {
  if (!isJsonArray(list)) return [];
  return list.map((item, index) => {
    const parsed = schema.safeParse(item);
    const name = isJsonObject(item) && typeof item['name'] === 'string' ? item['name'] : undefined;
    return { index, name, value: parsed.success ? parsed.data : undefined };
  });
}
