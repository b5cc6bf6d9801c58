import { expect } from 'chai';
import { createInbox } from '../../src/inbox/create-inbox.ts';
import { fakeServices, sampleMessage, startAdmin } from '../support/admin.ts';
import { ScriptedUpstreams } from '../support/scripted-upstreams.ts';

const ID = '0000000000000001';

describe('whoever waits for a message', () => {
  for (const [what, permissions, status] of [
    ['is signed out meanwhile', undefined, 401],
    ['may not see messages any more', ['status.read'], 401],
    ['may not read what they hold any more', ['messages.read'], 200],
  ] as const) {
    it(`gets no more than what they may by the time that it comes: ${what}`, async () => {
      const { services, messages, bodies } = fakeServices('/nowhere');
      messages.set(ID, sampleMessage(ID, { acceptedAt: Date.now() }));
      bodies.set(ID, Buffer.from('Subject: Scan\r\n\r\nhello\r\n'));
      const inbox = createInbox({ ...services, upstreams: new ScriptedUpstreams() });
      const running = await startAdmin({
        queue: services.queue,
        inbox,
        callerNow: async (caller) =>
          permissions === undefined ? undefined : { ...caller, permissions: new Set(permissions) },
      });
      try {
        const response = await running.request('/api/v1/messages/wait?timeout=5&since=1');
        expect(response.status).to.equal(status);
        const answer = await response.json();
        if (status === 200) expect(answer).to.have.nested.property('message.id', ID);
        expect(answer).not.to.have.property('content');
      } finally {
        await running.stop();
        await inbox.close();
      }
    });
  }
});
