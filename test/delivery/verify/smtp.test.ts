import { expect } from 'chai';
import { makeAuthority, type TestAuthority } from '../../support/certificates.ts';
import { type ScriptedServerOptions, startScriptedServer } from '../../support/scripted-smtp-server.ts';
import type { UpstreamInput } from '../support.ts';
import { localUpstream, type VerifyOptions, verifyUpstream } from './support.ts';

const password = {
  type: 'password',
  user: 'relay@example.com',
  password: { value: 'correct horse' },
} as const;

describe('verify an SMTP upstream', () => {
  let authority: TestAuthority;
  before(async () => {
    authority = await makeAuthority();
  });

  async function verifyServer(
    server: ScriptedServerOptions,
    upstream: Partial<UpstreamInput> = {},
    options: VerifyOptions = {},
  ) {
    const started = await startScriptedServer(server);
    try {
      const verified = await verifyUpstream(localUpstream(started.port, upstream), {
        authorities: [authority.certificate],
        ...options,
      });
      return { ...verified, server: started };
    } finally {
      await started.close();
    }
  }

  it('tells every step of one that works, up to a real message', async () => {
    const certificate = await authority.issue({ validTo: Date.now() + 90 * 86_400_000 });
    const { summary, server } = await verifyServer(
      {
        security: 'starttls',
        certificate,
        mechanisms: ['PLAIN'],
        user: password.user,
        password: 'correct horse',
      },
      { security: 'starttls', authentication: password, from: { address: 'relay@example.com' } },
      { sendTo: 'admin@example.com' },
    );
    expect(summary).to.equal(
      'settings ok, secrets ok, proxy ok, dns ok, tcp ok, greeting ok, tls ok, sign-in ok, sender ok, message ok',
    );
    expect(server.transactions).to.have.length(1);
  });
});
