import { randomUUID } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';

/** An error of Microsoft Entra: OAuth error code, AADSTS number and its words. */
export interface EntraError {
  readonly status: number;
  readonly error: string;
  readonly code: number;
  readonly text: string;
}

/** The body of an error, in the shape of “Microsoft identity platform and OAuth 2.0 authorization code flow”, section error response. */
export function entraErrorBody({ error, code, text }: EntraError, clock: Clock, correlationId?: string) {
  const trace = randomUUID();
  const correlation = correlationId ?? randomUUID();
  const timestamp = new Date(clock.now())
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
  return {
    error,
    error_description: `AADSTS${code}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
    error_codes: [code],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
  };
}
