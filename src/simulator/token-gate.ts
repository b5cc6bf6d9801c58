/*
 * Stands in front of a token endpoint: counts requests, and those of one client that are under way at once, and plays scenarios.
 */
import type { Request, Response } from 'express';
import { systemClock } from '../shared/clock.ts';
import type { Answer } from './scenario.ts';
import { field, playOverHttp } from './web.ts';
import type { World } from './world.ts';

export type EntraAnswer = Extract<Answer, { kind: 'entra' }>;

/** Milliseconds for which a request counts as under way at least, so that two at once are seen. */
const UNDER_WAY = 5;

/** Wraps an endpoint. `account`: whose token it is, where that is known; `fail`: tells an error in the provider's words. */
export function createTokenGate(deps: {
  readonly world: World;
  readonly account: (form: unknown) => string | undefined;
  readonly fail: (response: Response, error: EntraAnswer) => void;
}) {
  const { world, account, fail } = deps;
  const { counters } = world.outbox;
  const underWay = new Map<string, number>();
  return async (request: Request, response: Response, answer: () => void): Promise<void> => {
    const form: unknown = request.body;
    const client = field(form, 'client_id') ?? 'another';
    counters.tokenRequests += 1;
    const now = (underWay.get(client) ?? 0) + 1;
    underWay.set(client, now);
    counters.tokenRequestsAtOnce = Math.max(counters.tokenRequestsAtOnce, now);
    try {
      await new Promise<void>((resolve) => systemClock.after(UNDER_WAY, resolve));
      const sender = account(form);
      const played = world.behaviours.take('token', { senders: sender === undefined ? [] : [sender] });
      if (played?.kind === 'entra') {
        if (played.status === 429) counters.throttled += 1;
        fail(response, played);
        return;
      }
      if (played?.kind === 'lost' && played.taken) {
        // It did what was asked, and the answer got lost on the way.
        answerInVain(response, answer);
        request.socket.destroy();
        return;
      }
      if (played !== undefined && (await playOverHttp(played, world, request, response))) return;
      answer();
    } finally {
      const left = (underWay.get(client) ?? 1) - 1;
      if (left > 0) underWay.set(client, left);
      else underWay.delete(client);
    }
  };
}

function answerInVain(response: Response, answer: () => void): void {
  response.json = () => response;
  response.send = () => response;
  answer();
}
