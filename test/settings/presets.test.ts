import { expect } from 'chai';
import type { Json } from '../../src/settings/json.ts';
import { withPresets } from '../../src/settings/presets.ts';

const office = { name: 'office', kind: 'smtp', authentication: { type: 'oauth2', provider: 'microsoft' } };

function upstream(document: Json): Json {
  const filled = withPresets({ upstreams: [document] });
  return JSON.parse(JSON.stringify(filled)).upstreams[0];
}

describe('presets of providers', () => {
  it('fill in server and limits of Exchange Online', () => {
    expect(upstream(office)).to.deep.equal({
      ...office,
      host: 'smtp.office365.com',
      limits: { connections: 3, messagesPerMinute: 30, recipientsPerDay: 10_000, recipientsPerMessage: 500 },
    });
  });

  it('know the server of each cloud', () => {
    const hosts = ['us-government', 'us-government-dod', 'china'].map((cloud) =>
      upstream({ ...office, authentication: { type: 'oauth2', provider: 'microsoft', cloud } }),
    );
    expect(hosts.map((one) => Object(one).host)).to.deep.equal([
      'smtp.office365.us',
      'outlook-dod.office365.us',
      'smtp.partner.outlook.cn',
    ]);
  });

  it('never change what was typed', () => {
    const typed = {
      ...office,
      host: 'Smtp.Office365.com',
      limits: { connections: 1, messagesPerMinute: 600 },
    };
    expect(upstream(typed)).to.deep.equal({
      ...typed,
      limits: { connections: 1, messagesPerMinute: 600, recipientsPerDay: 10_000, recipientsPerMessage: 500 },
    });
  });

  it('go by the server where it is known, whoever signs in and however', () => {
    expect(
      Object(upstream({ name: 'a', kind: 'smtp', host: 'smtp.office365.com' })).limits.connections,
    ).to.equal(3);
    expect(Object(upstream({ ...office, host: 'mail.example.com' })).limits).to.equal(undefined);
  });

  it('know Gmail, Graph and the Gmail API', () => {
    const gmail = { name: 'g', kind: 'smtp', authentication: { type: 'oauth2', provider: 'google' } };
    expect(Object(upstream(gmail))).to.deep.include({ host: 'smtp.gmail.com' });
    expect(Object(upstream(gmail)).limits.recipientsPerMessage).to.equal(100);
    expect(Object(upstream({ name: 'g', kind: 'graph' })).limits.connections).to.equal(4);
    expect(Object(upstream({ name: 'g', kind: 'gmail' })).limits.recipientsPerDay).to.equal(2000);
  });

  it('leave everything odd for the schema to name', () => {
    const odd: Json[] = [
      null,
      7,
      [],
      { upstreams: 7 },
      { upstreams: [null, 7, [], {}] },
      { upstreams: [{ kind: 'smtp', authentication: 7, host: 7 }] },
      { upstreams: [{ kind: 'smtp', authentication: { provider: 'microsoft', cloud: '__proto__' } }] },
    ];
    for (const document of odd) expect(withPresets(document)).to.deep.equal(document);
    expect(upstream({ kind: 'graph', limits: 7 })).to.deep.equal({ kind: 'graph', limits: 7 });
  });
});
