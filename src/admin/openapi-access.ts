/** Who may call a route, and how calls are refused, in the words of OpenAPI. */
import type { Access, Route } from './route.ts';

/** Every answer that is an error, by its status; the last is for whatever is not named. */
export const ANSWERS: Readonly<Record<string, string>> = {
  400: 'Something in the request is wrong; the faults name it.',
  401: 'Nobody is signed in, or the token is not valid.',
  403: 'The caller may not do this, or the request comes from a page of another site.',
  404: 'There is no such thing.',
  409: 'The state of the thing does not allow it.',
  412: 'Somebody else has changed it meanwhile.',
  413: 'The request is too large.',
  415: 'The request is not sent as application/json.',
  422: 'What was sent is understood and has faults.',
  428: 'The header If-Match is missing.',
  429: 'Too many failed attempts; Retry-After says when to go on.',
  503: 'Too much is under way, the store does not answer, or Postern is stopping.',
  default: 'Anything else that went wrong.',
};

export const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API token, or the token in admin.token of the data directory.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'postern-session',
    description: 'The cookie of the page; its name begins with __Host- where it is served over HTTPS.',
  },
} as const;

/** Nothing is needed, or one of the two. */
export function securityOf(access: Access): readonly Readonly<Record<string, readonly string[]>>[] {
  return access === 'public' ? [] : [{ bearer: [] }, { session: [] }];
}

/** The statuses with which a route refuses, in ascending order. */
export function refusalsOf({ access, api, method, path }: Route, hasBody: boolean): readonly number[] {
  const statuses = [
    400,
    403,
    503,
    ...(access === 'public' ? [] : [401, 429]),
    ...(path.includes(':') ? [404] : []),
    ...(method === 'get' ? [] : [409]),
    ...(hasBody ? [413, 415] : []),
    ...(api.ifMatch === true ? [412, 428] : []),
    ...(api.refusals ?? []),
  ];
  const good = new Set(api.statuses ?? [200]);
  return [...new Set(statuses)].filter((status) => !good.has(status)).toSorted((a, b) => a - b);
}
