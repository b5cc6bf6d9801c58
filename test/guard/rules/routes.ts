import { codeOf, type Rule } from './source-files.ts';

/** Routes that anyone who reaches the address may call; everything else asks for a token. */
const PUBLIC: readonly string[] = [
  // The page itself, which shows nothing before somebody has signed in.
  '/',
  '/assets/:name',
  '/favicon.svg',
  // The description of the API tells nothing that the source does not.
  '/api/v1/openapi.json',
  // The way in: nobody has a session yet. Held by the token of a setup link, and by name and password.
  '/api/v1/setup',
  '/api/v1/session',
  '/livez',
  '/readyz',
  '/metrics',
  // A browser that a provider sends back; held by the cookie of its sign-in.
  '/login/authorize/:id',
  '/login/smtp-verification',
  '/pmpredirect/AzureOAuth',
  '/login/style.css',
];

/** One `route({ … })` of the table, by its head. */
const ROUTE = /\broute\(\{([\s\S]*?)\n\s*(?:async )?handle\b/g;

/** Every admin route says who may call it, what it answers and, where it is no GET, how it is recorded; only the known few are public, and nothing goes around the table. */
export const routeAccess: Rule = (files) =>
  files
    .filter(({ path }) => path.startsWith('src/admin/'))
    .flatMap(({ path, text }) => {
      const found: string[] = [];
      for (const [, head = ''] of text.matchAll(ROUTE)) {
        const route = /\bpath:\s*'([^']+)'/.exec(head)?.[1] ?? 'a route';
        const access = /\baccess:\s*([^\n]+),/.exec(head)?.[1];
        if (access === undefined) found.push(`${path}: ${route} does not declare its access`);
        const method = /\bmethod:\s*'([a-z]+)'/.exec(head)?.[1];
        if (method !== undefined && method !== 'get' && !/^\s*(?:async )?audit\b/m.test(head)) {
          found.push(
            `${path}: ${route} does not say how the audit trail has it; give it audit: ({ call, reply }) => ({ action, subject, text }), or 'read-only' or 'itself'`,
          );
        }
        if (access?.includes("'public'") && !PUBLIC.includes(route)) {
          found.push(`${path}: ${route} is public; add it to PUBLIC of this rule if it has to be`);
        }
      }
      for (const block of text.split(/\broute\(\{/).slice(1)) {
        const route = /\bpath:\s*'([^']+)'/.exec(block)?.[1] ?? 'a route';
        const declared = /\bstatuses:\s*\[([^\]]*)\]/.exec(block)?.[1] ?? '';
        for (const [, status = ''] of block.matchAll(/\bstatus: (2\d\d|302)\b/g)) {
          if (declared.includes(status)) continue;
          found.push(
            `${path}: ${route} answers ${status}, which the description does not say; give it api: { statuses: [${status}] }`,
          );
        }
      }
      if (
        path.startsWith('src/admin/routes/') &&
        /\b(?:app|router)\.(?:get|post|put|delete|use)\(/.test(codeOf(text))
      ) {
        found.push(`${path}: registers a handler past the table of routes`);
      }
      return found;
    });
