import { expect } from 'chai';
import { createVerify } from '../../src/delivery/verify/create-verify.ts';
import type { Verify, VerifyRequest, VerifyStep } from '../../src/delivery/verify/step.ts';
import { verifyDependencies } from '../delivery/verify/support.ts';
import { type RunningAdmin, startAdmin, TOKEN } from '../support/admin.ts';
import { startScriptedServer } from '../support/scripted-smtp-server.ts';
import { until } from '../support/until.ts';

const step = (more: Partial<VerifyStep> = {}): VerifyStep => ({
  step: 'settings',
  result: 'ok',
  milliseconds: 1,
  text: 'fine',
  ...more,
});
const OFFICE = { name: 'office', kind: 'smtp', host: 'smtp.example.com' };

/** Verifications that go on when the test says so. */
function heldVerify() {
  const requests: VerifyRequest[] = [];
  const goOn: (() => void)[] = [];
  let aborted = 0;
  let ended = 0;
  const verify: Verify = async function* (request, signal) {
    requests.push(request);
    signal.addEventListener('abort', () => (aborted += 1));
    try {
      yield step();
      await new Promise<void>((resolve) => {
        goOn.push(resolve);
        signal.addEventListener('abort', () => resolve());
      });
      yield step({ step: 'dns', result: 'warning' });
    } finally {
      ended += 1;
    }
  };
  return { verify, requests, goOn, aborted: () => aborted, ended: () => ended };
}

/** A caller that may go. */
function leavingPost(url: string, body: object, signal: AbortSignal): Promise<Response> {
  return fetch(`${url}/api/v1/verify`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
    signal,
  });
}

describe('the route that verifies an upstream', () => {
  let running: RunningAdmin;
  let held: ReturnType<typeof heldVerify>;
  beforeEach(async () => {
    held = heldVerify();
    running = await startAdmin({ verify: held.verify });
    await running.services.settings.apply({ upstreams: [OFFICE] }, { by: 'test', confined: false });
  });
  afterEach(() => running.stop());

  it('sends each step when it is over, and the result at the end', async () => {
    const response = await running.post('/api/v1/verify', {
      upstream: 'office',
      senders: ['a@example.com'],
      recipient: 'b@example.com',
      sendTo: 'c@example.com',
    });
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-type')).to.equal('application/x-ndjson; charset=utf-8');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const first = (await reader?.read())?.value ?? '';
    expect(JSON.parse(first)).to.deep.equal(step());
    held.goOn[0]?.();
    let rest = '';
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) rest += part.value;
    expect(
      rest
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).to.deep.equal([step({ step: 'dns', result: 'warning' }), { result: 'warning' }]);
    expect(held.requests[0]).to.deep.include({
      senders: ['a@example.com'],
      recipient: 'b@example.com',
      sendTo: 'c@example.com',
    });
    expect(held.requests[0]?.upstream).to.deep.include({ name: 'office', host: 'smtp.example.com' });
  });

  it('ends the verification when the caller has gone', async () => {
    const gone = new AbortController();
    const response = await leavingPost(running.url, { upstream: 'office' }, gone.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    gone.abort();
    await until(() => held.aborted() === 1 && held.ended() === 1, 'the verification has ended');
  });

  it('runs four at once and no more, and has room again when one is over', async () => {
    const four = await Promise.all(
      [1, 2, 3, 4].map(() => running.post('/api/v1/verify', { upstream: 'office' })),
    );
    const readers = four.map(({ body }) => body?.getReader());
    for (const reader of readers) await reader?.read();
    const fifth = await running.post('/api/v1/verify', { upstream: 'office' });
    expect(fifth.status).to.equal(503);
    expect(await fifth.json()).to.deep.include({ code: 'overloaded' });
    for (const goOn of held.goOn) goOn();
    for (const reader of readers) while (reader && !(await reader.read()).done);
    await until(() => held.ended() === 4, 'all have ended');
    const sixth = await running.post('/api/v1/verify', { upstream: 'office' });
    expect(sixth.status).to.equal(200);
    await sixth.body?.cancel();
  });

  it('verifies settings that are not saved, and saves nothing', async () => {
    const settings = { upstreams: [{ ...OFFICE, name: 'new', host: 'new.example.com' }] };
    const response = await running.post('/api/v1/verify', { upstream: 'new', settings });
    expect(response.status).to.equal(200);
    expect(held.requests[0]?.upstream).to.deep.include({ name: 'new', host: 'new.example.com' });
    await response.body?.cancel();
    expect(running.services.settings.document().document).to.deep.equal({ upstreams: [OFFICE] });
  });

  it('knows the test relay, which nobody has to configure', async () => {
    const response = await running.post('/api/v1/verify', { upstream: 'test-relay' });
    expect(response.status).to.equal(200);
    expect(held.requests[0]?.upstream.kind).to.equal('test-relay');
    await response.body?.cancel();
  });

  for (const [what, body, status, code] of [
    ['an upstream that is not there', { upstream: 'nowhere' }, 404, 'not-found'],
    ['settings with faults', { upstream: 'office', settings: { hostname: 7 } }, 422, 'settings-invalid'],
    [
      'a sender that is no address',
      { upstream: 'office', senders: ['a@example.com>\r\nDATA'] },
      400,
      'bad-request',
    ],
    [
      'too many senders',
      { upstream: 'office', senders: Array.from({ length: 21 }, (_, index) => `a${index}@example.com`) },
      400,
      'bad-request',
    ],
    ['no upstream', {}, 400, 'bad-request'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const response = await running.post('/api/v1/verify', body);
      expect(response.status).to.equal(status);
      expect(await response.json()).to.deep.include({ code });
      expect(held.requests).to.have.length(0);
    });
  }

  it('asks for the token', async () => {
    const response = await running.post(
      '/api/v1/verify',
      { upstream: 'office' },
      { headers: { Authorization: 'Bearer wrong' } },
    );
    expect(response.status).to.equal(401);
  });
});

describe('the route that verifies an upstream, with a real verification', () => {
  it('leaves no connection behind when the caller goes in the middle', async () => {
    const server = await startScriptedServer({ script: { banner: { silent: true } } });
    const running = await startAdmin({ verify: createVerify(verifyDependencies()) });
    try {
      const settings = { upstreams: [{ ...OFFICE, host: '127.0.0.1', port: server.port, security: 'none' }] };
      const gone = new AbortController();
      const response = await leavingPost(running.url, { upstream: 'office', settings }, gone.signal);
      await response.body?.getReader().read();
      await until(() => server.open() === 1, 'it is connected');
      gone.abort();
      await until(() => server.open() === 0, 'it has let go');
    } finally {
      await running.stop();
      await server.close();
    }
  });
});
