import { expect } from 'chai';
import { createSenderRefusals } from '../../src/delivery/sender-refusals.ts';
import { upstreamSchema } from '../../src/settings/schema-upstreams.ts';
import { recordAlerts } from '../support/recorded-alerts.ts';
import { recordLog } from '../support/recorded-log.ts';

const upstream = upstreamSchema.parse({ name: 'office', kind: 'smtp', host: 'smtp.example.com' });
const from = (client: string, sender: string) => ({ client, sender });

function start() {
  const alerts = recordAlerts();
  const refusals = createSenderRefusals({ alerts, log: recordLog().log });
  return {
    alerts,
    refusals,
    accepted: (client: string, sender: string) => refusals.accepted('office', from(client, sender)),
    refused: (client: string, sender: string) =>
      refusals.refused(upstream, from(client, sender), { words: '550 no' }),
  };
}

describe('senders that an upstream refuses', () => {
  it('are told once each, and cleared when they are taken', () => {
    const { alerts, refused, accepted } = start();
    refused('copier', 'a@example.com');
    refused('copier', 'a@example.com');
    expect(alerts.standing.size).to.equal(1);
    accepted('copier', 'a@example.com');
    expect(alerts.standing.size).to.equal(0);
    refused('copier', 'a@example.com');
    expect(alerts.history).to.have.length(3);
  });

  it('are told anew where the upstream was changed, and not at all where it is gone', () => {
    const { alerts, refusals, refused } = start();
    refused('copier', 'a@example.com');
    refusals.changed('branch');
    expect(alerts.standing.size).to.equal(1);
    refusals.changed('office');
    expect(alerts.standing.size).to.equal(0);
    refused('copier', 'a@example.com');
    expect(alerts.standing.size).to.equal(1);
  });

  describe('have a remedy', () => {
    const remedy =
      'Set from.address and from.rewrite: if-refused of the upstream office, or allow it: Add-RecipientPermission SENDER -AccessRights SendAs';
    const told = (sender: string, rewritten?: string) => {
      const { alerts, refusals } = start();
      const words = `554 5.2.252 SendAsDenied; ${'x'.repeat(1000)}`;
      refusals.refused(upstream, from('copier', sender), { words, remedy }, rewritten);
      const [alert] = [...alerts.standing.values()];
      expect(alert?.text.length).to.be.below(400);
      return alert?.remedy;
    };

    it('that can be pasted', () => {
      expect(told('a@example.com')).to.equal(remedy.replace('SENDER', 'a@example.com'));
    });

    it('that does not ask for what is set', () => {
      expect(told('a@example.com', 'relay@example.com')).to.equal(
        'To let it leave as it is, allow it: Add-RecipientPermission a@example.com -AccessRights SendAs',
      );
    });

    for (const sender of [
      'a;calc@example.com',
      '$(id)@example.com',
      '-x@example.com',
      '"a b"@example.com',
      'a',
    ]) {
      it(`that holds nothing of ${sender}`, () => {
        expect(told(sender)).to.equal(remedy);
      });
    }
  });

  it('that one device makes up raise a few alerts, and keep nothing of others from being told', () => {
    const { alerts, refused, accepted } = start();
    for (let number = 0; number < 5000; number += 1) refused('copier', `${number}@example.com`);
    expect(alerts.history).to.have.length(10);
    refused('scanner', 'scanner@example.com');
    expect(alerts.standing.size).to.equal(11);
    accepted('copier', '0@example.com');
    expect(alerts.standing.size).to.equal(10);
  });

  it('of many devices raise a bounded number of alerts', () => {
    const { alerts, refused } = start();
    for (let number = 0; number < 3000; number += 1) refused(`${number}`, 'a@example.com');
    expect(alerts.history).to.have.length(100);
  });
});
