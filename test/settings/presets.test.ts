import { expect } from 'chai';
import { z } from 'zod';
import type { Json } from '../../src/settings/json.ts';
import { withPresets } from '../../src/settings/presets.ts';

const office = { name: 'office', kind: 'smtp', authentication: { type: 'oauth2', provider: 'microsoft' } };

const shownSchema = z.looseObject({
  host: z.string().optional(),
  limits: z
    .looseObject({ connections: z.number(), recipientsPerMessage: z.number(), recipientsPerDay: z.number() })
    .partial()
    .optional(),
});

function upstream(document: Json): Json {
  const filled = withPresets({ upstreams: [document] });
  return z.object({ upstreams: z.tuple([z.json()]) }).parse(filled).upstreams[0];
}

const shown = (document: Json) => shownSchema.parse(upstream(document));

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
      shown({ ...office, authentication: { type: 'oauth2', provider: 'microsoft', cloud } }),
    );
    expect(hosts.map(({ host }) => host)).to.deep.equal([
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
    expect(shown({ name: 'a', kind: 'smtp', host: 'smtp.office365.com' }).limits?.connections).to.equal(3);
    expect(shown({ ...office, host: 'mail.example.com' }).limits).to.equal(undefined);
  });

  it('know Gmail, Graph and the Gmail API', () => {
    const gmail = { name: 'g', kind: 'smtp', authentication: { type: 'oauth2', provider: 'google' } };
    expect(upstream(gmail)).to.deep.include({ host: 'smtp.gmail.com' });
    expect(shown(gmail).limits?.recipientsPerMessage).to.equal(100);
    expect(shown({ name: 'g', kind: 'graph' }).limits?.connections).to.equal(4);
    expect(shown({ name: 'g', kind: 'gmail' }).limits?.recipientsPerDay).to.equal(2000);
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
