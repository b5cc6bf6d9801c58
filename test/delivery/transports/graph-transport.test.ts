import { expect } from 'chai';
import { type ApiServer, startApiServer } from '../../support/api-server.ts';
import { apiMessage, apiTransport, MESSAGE, never, recipientOutcomes, to } from './support.ts';

describe('Graph transport', () => {
  let server: ApiServer;
  afterEach(() => server.close());

  it('sends the message byte for byte as base64 without line breaks, from the default mailbox', async () => {
    server = await startApiServer(() => ({ status: 202, headers: { 'request-id': 'abc-1' } }));
    const transport = apiTransport('graph', server.url);
    const outcome = await transport.deliver(apiMessage(MESSAGE), to('ann@example.com'), never);
    expect(recipientOutcomes(outcome)).to.deep.equal([
      {
        kind: 'delivered',
        reply: { code: 202, text: 'accepted by Microsoft Graph, not yet delivered (request abc-1)' },
      },
    ]);
    const [request] = server.requests;
    expect(request?.method).to.equal('POST');
    expect(request?.path).to.equal('/v1.0/users/relay%40example.com/sendMail');
    expect(request?.headers['content-type']).to.equal('text/plain');
    expect(request?.headers.authorization).to.equal('Bearer token-1');
    expect(request?.headers['content-length']).to.equal(String(request?.body.length));
    expect(request?.body.toString()).to.equal(Buffer.from(MESSAGE).toString('base64'));
  });
});
