import { domainOf } from '../message/envelope.ts';
import { type RouteSettings, type Settings, TEST_RELAY } from '../settings/schema.ts';
import type { RouteSubject } from './upstreams.ts';

/** Says where a message goes. */
export type Router = (subject: RouteSubject) => string;

type Condition = (subject: RouteSubject) => boolean;

/**
 * Compiles the routes of one state of the settings. In this order: an operator's choice at release; the first route of
 * which every condition matches; the upstream of the client or user; the default; the test relay. Pure and fast: asked
 * for every message.
 */
export function createRouter(
  settings: Pick<Settings, 'routes' | 'clients' | 'users' | 'defaultUpstream'>,
): Router {
  const routes = settings.routes.map((route) => ({
    conditions: conditionsOf(route),
    upstream: route.upstream,
  }));
  const ofClient = new Map<string, string>();
  for (const { name, upstream } of [...settings.users, ...settings.clients]) {
    if (upstream !== undefined) ofClient.set(name, upstream);
  }
  const otherwise = settings.defaultUpstream ?? TEST_RELAY;
  return (subject) => {
    if (subject.upstream !== undefined) return subject.upstream;
    for (const route of routes) {
      if (route.conditions.every((condition) => condition(subject))) return route.upstream;
    }
    return ofClient.get(subject.client) ?? otherwise;
  };
}

function conditionsOf(route: RouteSettings): readonly Condition[] {
  const conditions: Condition[] = [];
  const { client, listener } = route;
  const sender = route.sender?.toLowerCase();
  const senderDomain = route.senderDomain?.toLowerCase();
  const recipientDomain = route.recipientDomain?.toLowerCase();
  if (client !== undefined) conditions.push((subject) => subject.client === client);
  if (listener !== undefined) conditions.push((subject) => subject.listener === listener);
  if (sender !== undefined) conditions.push((subject) => subject.sender.toLowerCase() === sender);
  if (senderDomain !== undefined) {
    conditions.push((subject) => subject.sender.includes('@') && domainOf(subject.sender) === senderDomain);
  }
  if (recipientDomain !== undefined) {
    conditions.push(
      ({ recipients }) =>
        recipients.length > 0 && recipients.every((recipient) => domainOf(recipient) === recipientDomain),
    );
  }
  return conditions;
}
