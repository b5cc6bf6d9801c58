import { randomUUID } from 'node:crypto';
import type { Response } from 'express';
import type { Clock } from '../../shared/clock.ts';
import { graphError } from '../scenarios-api.ts';

/** Answers with an error as Graph words it (“Microsoft Graph error responses and resource types”). */
export function failGraph(
  response: Response,
  clock: Clock,
  status: number,
  code: string,
  message: string,
  retryAfter?: number,
): void {
  const { error } = graphError(code, message);
  const id = randomUUID();
  response.status(status).set('request-id', id);
  if (retryAfter !== undefined) response.set('Retry-After', String(retryAfter));
  if (status === 401) response.set('WWW-Authenticate', 'Bearer realm="", authorization_uri="", client_id=""');
  const date = new Date(clock.now()).toISOString().slice(0, 19);
  response.json({ error: { ...error, innerError: { date, 'request-id': id, 'client-request-id': id } } });
}
