import { expect } from 'chai';
import { classifyConnection } from '../../src/delivery/classify-connection.ts';
import { makeAuthority } from '../support/certificates.ts';
import { type ConnectProxyOptions, startConnectProxy } from '../support/connect-proxy.ts';
import { startNetwork } from '../support/network.ts';
import { closeAll, deliver, startUpstream, summary } from './support.ts';

describe('an SMTP upstream behind a proxy', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await closeAll();
    for (const close of closers.splice(0).toReversed()) await close();
  });

  async function dialThrough(options: ConnectProxyOptions, password?: string) {
    const proxy = await startConnectProxy(options);
    closers.push(() => proxy.close());
    const signIn = password === undefined ? {} : { user: 'relay', password: { value: password } };
    const network = startNetwork({ settings: { proxy: { url: proxy.url, ...signIn } } });
    closers.push(() => network.close());
    return { proxy, dial: network.dial };
  }

  for (const security of ['none', 'starttls', 'tls'] as const) {
    it(`is spoken to with security ${security}, its greeting in one packet with the proxy's answer`, async () => {
      const authority = await makeAuthority();
      const certificate = await authority.issue({ hosts: ['mail.example.com'] });
      const { proxy, dial } = await dialThrough(
        { credentials: 'relay:hush', together: security !== 'tls' },
        'hush',
      );
      const { upstreams, server } = await startUpstream(
        { security, certificate },
        { security, host: 'mail.example.com' },
        { dial, anchors: [authority.certificate] },
      );
      expect(summary((await deliver(upstreams)).outcome)).to.equal('delivered');
      expect(server.transactions).to.have.length(1);
      expect(proxy.asked).to.deep.equal([`mail.example.com:${server.port}`]);
    });
  }

  it('waits, and says which settings to mend, when the proxy refuses the password', async () => {
    const { dial } = await dialThrough({ credentials: 'relay:right' }, 'hush-wrong');
    const { upstreams } = await startUpstream({}, { host: 'mail.example.com' }, { dial });
    const { outcome } = await deliver(upstreams);
    expect(summary(outcome)).to.equal('unavailable configuration');
    if (outcome.kind !== 'unavailable') throw new Error('it was delivered');
    expect(outcome.text).to.match(
      /^mail\.example\.com:\d+ cannot be reached: the proxy http:\/\/localhost:\d+ refuses the user name or the password \(407\)/,
    );
    expect(outcome.remedy).to.include('proxy.user and proxy.password');
    expect(JSON.stringify(outcome)).not.to.include('hush');
  });

  it('is unreachable, and not at fault, when the proxy is', async () => {
    const { proxy, dial } = await dialThrough({});
    await proxy.close();
    closers.shift();
    const { upstreams } = await startUpstream({}, { host: 'mail.example.com' }, { dial });
    const { outcome } = await deliver(upstreams);
    expect(summary(outcome)).to.equal('unavailable unreachable');
    if (outcome.kind !== 'unavailable') throw new Error('it was delivered');
    expect(outcome.text).to.include(`the proxy ${proxy.url} refuses connections`);
    expect(outcome.remedy).to.include('proxy.bypass');
  });

  it('keeps the words of the proxy, whoever put others around them', () => {
    const target = { upstream: 'office', host: 'mail.example.com', port: 587 };
    const words =
      'cannot be reached: the proxy http://p:3128 got no connection to mail.example.com:587 (502)';
    for (const text of [words, `cannot be reached (${words})`]) {
      const found = classifyConnection(target, 'EPROXY', text);
      expect(found.text).to.equal(`mail.example.com:587 ${words}.`);
    }
  });
});
