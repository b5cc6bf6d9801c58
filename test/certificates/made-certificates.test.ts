import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { errorCode } from '../../src/shared/errors.ts';
import {
  expired,
  makeAuthority,
  makeSelfSigned,
  notYetValid,
  type TestCertificate,
} from '../support/certificates.ts';

/** Whether a TLS client that trusts `ca` takes what the server presents: `ok`, or the code of its complaint. */
async function handshake(
  served: TestCertificate,
  ca: string,
  servername: string,
): Promise<string | undefined> {
  const server = createServer({ cert: served.chain, key: served.key }, (socket) => socket.end());
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca, servername });
  try {
    await once(socket, 'secureConnect');
    return 'ok';
  } catch (error) {
    return errorCode(error);
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('certificates made for tests', () => {
  it('are accepted by a client that trusts their authority, through an intermediate too', async () => {
    const root = await makeAuthority();
    const middle = await root.intermediate();
    expect(await handshake(await root.issue(), root.certificate, 'localhost')).to.equal('ok');
    expect(await handshake(await middle.issue({ keyType: 'rsa' }), root.certificate, 'localhost')).to.equal(
      'ok',
    );
  });

  it('are refused for exactly the reason that they were made for', async () => {
    const root = await makeAuthority();
    const other = await makeAuthority('Another Authority');
    const self = await makeSelfSigned();
    const cases: readonly (readonly [TestCertificate, string, string])[] = [
      [await root.issue(expired()), root.certificate, 'CERT_HAS_EXPIRED'],
      [await root.issue(notYetValid()), root.certificate, 'CERT_NOT_YET_VALID'],
      [await root.issue({ hosts: ['elsewhere.example'] }), root.certificate, 'ERR_TLS_CERT_ALTNAME_INVALID'],
      [await root.issue(), other.certificate, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      [self, root.certificate, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
      [self, self.certificate, 'ok'],
    ];
    for (const [served, ca, answer] of cases) {
      expect(await handshake(served, ca, 'localhost')).to.equal(answer);
    }
  });
});
