import * as fc from 'fast-check';
import { type RunningAdmin, sampleMessage, startAdmin } from '../support/admin.ts';

const strange = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    '__proto__',
    { all: 1 },
    { ids: {} },
    [[]],
    { toString: 1, valueOf: null },
    'x'.repeat(9000),
  ),
);
const segment = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('..', '%00', '%ff', '%2e%2e', '0000000000000001', '__proto__', 'constructor'),
);

describe('whatever is sent to the admin interface', function () {
  this.timeout(30_000);
  let running: RunningAdmin;
  before(async () => {
    running = await startAdmin();
    running.messages.set('0000000000000001', sampleMessage('0000000000000001'));
  });
  after(() => running.stop());

  it('never makes it fail or hang: bodies', async () => {
    const paths = running.admin.routes
      .filter(({ method }) => method !== 'get')
      .map(({ method, path }) => ({ method: method.toUpperCase(), path: path.replace(/:\w+/g, 'x') }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), strange, async ({ method, path }, body) => {
        const response = await running.post(path, body, { method, headers: { 'If-Match': '*' } });
        await response.arrayBuffer();
        return response.status < 500;
      }),
      { numRuns: 150 },
    );
  });

  it('never makes it fail or hang: paths and queries', async () => {
    const paths = running.admin.routes.filter(({ method }) => method === 'get').map(({ path }) => path);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        segment,
        fc.array(
          fc.tuple(fc.constantFrom('state', 'limit', 'before', 'sender', '__proto__', 'a[b]'), segment),
          {
            maxLength: 4,
          },
        ),
        async (path, id, query) => {
          const search = query.map(([name, value]) => `${name}=${encode(value)}`).join('&');
          const response = await running.request(`${path.replace(/:\w+/g, encode(id))}?${search}`);
          await response.arrayBuffer();
          return response.status < 500;
        },
      ),
      { numRuns: 150 },
    );
  });
});

function encode(text: string): string {
  return text.includes('%') ? text : encodeURIComponent(text.toWellFormed());
}
