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
