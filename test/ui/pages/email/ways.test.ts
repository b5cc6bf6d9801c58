import { expect } from 'chai';
import { upstreamPresets } from '../../../../src/admin/upstream-presets.ts';
import { type JsonObject, same } from '../../../../src/ui/json.ts';
import { withAt, withoutSecrets } from '../../../../src/ui/pages/email/json.ts';
import {
  choiceOf,
  filledIn,
  freeName,
  newUpstream,
  ownAddress,
  presetOf,
  wayFor,
  withWay,
} from '../../../../src/ui/pages/email/ways.ts';

const { presets } = upstreamPresets();
const presetNamed = (id: string) => presets.find((preset) => preset.id === id) ?? expect.fail(id);
const way = (id: string, changes: object) => {
  const preset = presetNamed(id);
  const found = wayFor(preset, { kind: 'smtp', type: 'oauth2', flow: '', cloud: 'global', ...changes });
  return found ?? expect.fail('no such way');
};

describe('what choosing a way to send makes of an upstream', () => {
  for (const { id, ways } of presets) {
    it(`begins ${id} so that it is known as that again`, () => {
      const upstream = newUpstream(presetNamed(id), 'new');
      const [first] = ways;
      expect(wayFor(presetNamed(id), choiceOf(upstream))).to.equal(first);
      // Until an address is typed, a mailbox at Google may be of either kind.
      expect(presetOf(upstream, presets)).to.equal(id === 'gmail' ? 'google-workspace' : id);
    });
  }

  const office: JsonObject = {
    name: 'office',
    kind: 'smtp',
    host: 'relay.example.com',
    port: 2587,
    security: 'tls',
    authentication: {
      type: 'oauth2',
      provider: 'microsoft',
      flow: 'authorization-code',
      email: 'relay@example.com',
      tenantId: 'tenant',
      clientId: 'client',
      clientSecret: { set: true },
      tokenEndpoint: 'https://id.example.com/token',
    },
    limits: { connections: 2 },
    unknown: 'kept',
  };

  it('keeps what still fits, and what the page knows nothing of', () => {
    const changed = withWay(office, way('microsoft-365', { flow: 'client-credentials' }));
    expect(changed).to.deep.equal({
      ...office,
      authentication: {
        type: 'oauth2',
        provider: 'microsoft',
        flow: 'client-credentials',
        mailbox: 'relay@example.com',
        tenantId: 'tenant',
        clientId: 'client',
        clientSecret: { set: true },
        tokenEndpoint: 'https://id.example.com/token',
      },
    });
  });

  it('takes the server of another cloud or provider', () => {
    const china = withWay(office, way('microsoft-365', { flow: 'authorization-code', cloud: 'china' }));
    expect(china).to.include({ host: 'smtp.partner.outlook.cn', port: 587, security: 'starttls' });
    expect(china).to.not.have.nested.property('authentication.tokenEndpoint');
    const graph = withWay(office, way('microsoft-365', { kind: 'graph', flow: 'authorization-code' }));
    expect(graph).to.include({ kind: 'graph' }).and.not.have.property('host');
  });

  it('comes back to what is saved, with its secret', () => {
    const away = withWay(office, way('smtp', { type: 'password' }));
    expect(away).to.have.nested.property('authentication.type', 'password');
    const back = withWay(away, way('microsoft-365', { flow: 'authorization-code' }), office);
    expect(same(back, office)).to.equal(true);
  });

  it('finds names that nothing has', () => {
    expect(freeName('smtp', ['mail', 'mail-2'])).to.equal('mail-3');
  });

  it('fills the values of a portal in, and leaves what is not typed in capitals', () => {
    const text = 'New-X -AppId {clientId} -Identity {mailbox} {serviceAccountId}';
    expect(filledIn(text, office, {})).to.equal(
      'New-X -AppId client -Identity relay@example.com SERVICE-ACCOUNT-ID',
    );
    expect(ownAddress(withAt(office, ['from', 'address'], 'a@example.com'))).to.equal('a@example.com');
  });

  it('keeps no typed secret where a later visit could read it', () => {
    const typed = withAt(office, ['authentication', 'clientSecret'], { value: 'hunter2' });
    expect(JSON.stringify(withoutSecrets(typed))).to.not.include('hunter2');
    expect(same(withoutSecrets(office), office)).to.equal(true);
  });
});
