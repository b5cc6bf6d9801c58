import { expect } from 'chai';
import { parseListenAddress } from '../../src/config/listen-address.ts';
import { parseServeOptions } from '../../src/config/options.ts';
import { SERVE_OPTIONS, type ServeOptions, serveOptionsHelp } from '../../src/config/serve-options.ts';
import { RelayError } from '../../src/shared/errors.ts';

type Environment = Record<string, string | undefined>;

function parse(args: readonly string[], environment: Environment = {}, terminal = false): ServeOptions {
  return parseServeOptions(args, { environment, workingDirectory: '/srv', terminal });
}

function refusal(args: readonly string[], environment: Environment = {}): readonly string[] {
  try {
    parse(args, environment);
  } catch (error) {
    if (!(error instanceof RelayError)) throw error;
    expect(error.code).to.equal('bad-request');
    expect(error.faults.every(({ remedy }) => remedy !== undefined && remedy !== '')).to.equal(true);
    return error.message.split('\n');
  }
  throw new Error('it was accepted');
}

const proxies = (text: string) => ['--behind-proxy', '--trusted-proxies', text];

describe('parseServeOptions', () => {
  it('has the defaults that are promised', () => {
    expect(parse([])).to.deep.equal({
      dataDirectory: '/srv/data',
      database: { engine: 'sqlite', file: '/srv/data/postern.db' },
      admin: { address: '127.0.0.1', port: 8025, behindProxy: false },
      masterKeyFile: '/srv/data/master.key',
      log: { level: 'info', format: 'json' },
    });
    expect(parse([], {}, true).log.format).to.equal('pretty');
  });

  it('lets a flag beat the environment and the environment the default', () => {
    const environment = {
      POSTERN_DATA: '/var/lib/postern',
      POSTERN_SETTINGS: 'settings.yaml',
      POSTERN_ADMIN: '[::1]:9000',
      POSTERN_MASTER_KEY_FILE: '/run/key',
      POSTERN_ADMIN_TOKEN_FILE: 'token',
      POSTERN_LOG_LEVEL: 'DEBUG',
      POSTERN_LOG_FORMAT: 'pretty',
      POSTERN_BEHIND_PROXY: '1',
    };
    expect(parse([], environment)).to.deep.equal({
      dataDirectory: '/var/lib/postern',
      settingsFile: '/srv/settings.yaml',
      database: { engine: 'sqlite', file: '/var/lib/postern/postern.db' },
      admin: { address: '::1', port: 9000, behindProxy: true },
      masterKeyFile: '/run/key',
      adminTokenFile: '/srv/token',
      log: { level: 'debug', format: 'pretty' },
    });
    const options = parse(['--data=here', '--log-level', 'warn', '--admin', 'localhost:0'], environment);
    expect(options.dataDirectory).to.equal('/srv/here');
    expect(options.log.level).to.equal('warn');
    expect(options.admin).to.deep.include({ address: '127.0.0.1', port: 0 });
  });

  it('takes an empty variable for none', () => {
    expect(parse([], { POSTERN_DATA: '', POSTERN_ADMIN: '', POSTERN_DATABASE: '' })).to.deep.equal(parse([]));
  });

  it('understands databases, and keeps the password of one to itself', () => {
    expect(parse(['--database', 'sqlite:']).database).to.deep.equal(parse([]).database);
    expect(parse(['--database', 'sqlite:mail.db']).database).to.deep.equal({
      engine: 'sqlite',
      file: '/srv/mail.db',
    });
    for (const scheme of ['postgres', 'postgresql']) {
      const options = parse([], { POSTERN_DATABASE: `${scheme}://u:hunter2@db/postern` });
      const { database } = options;
      expect(database.engine === 'postgres' && database.url.reveal()).to.equal(
        `${scheme}://u:hunter2@db/postern`,
      );
      expect(JSON.stringify(options)).to.not.include('hunter2');
    }
    for (const bad of ['mysql://u:hunter2@db', 'postgres://u:hunter2@[bad', 'mail.db', 'sqlite://x']) {
      const [message = ''] = refusal([], { POSTERN_DATABASE: bad });
      expect(message).to.match(/^POSTERN_DATABASE is not a/);
      expect(message).to.not.include('hunter2');
    }
  });

  it('refuses an admin that others reach unencrypted', () => {
    for (const address of ['0.0.0.0:8025', '[::]:8025', '192.0.2.1:8025', '[::ffff:192.0.2.1]:80']) {
      expect(refusal(['--admin', address])[0]).to.match(
        /^--admin would show the admin unencrypted on .*; listen on 127\.0\.0\.1, or add --admin-certificate default for https, or put a proxy with TLS in front and add --behind-proxy$/,
      );
      expect(parse(['--admin-certificate', 'web', '--admin', address]).admin.certificate).to.equal('web');
      expect(parse(['--behind-proxy', '--admin', address]).admin.behindProxy).to.equal(true);
    }
    expect(parse(['--admin', '127.8.8.8:1']).admin.address).to.equal('127.8.8.8');
  });

  it('trusts the proxies that are named, and nobody else', () => {
    expect(parse(['--behind-proxy']).admin.trustedProxies).to.equal(undefined);
    expect(parse(proxies('10.0.0.5, fd00::/8 192.168.7.0/24')).admin.trustedProxies).to.deep.equal([
      '10.0.0.5',
      'fd00::/8',
      '192.168.7.0/24',
    ]);
    expect(
      parse([], { POSTERN_BEHIND_PROXY: '1', POSTERN_TRUSTED_PROXIES: '::1' }).admin.trustedProxies,
    ).to.deep.equal(['::1']);
    for (const wrong of ['proxy.example.com', '10.0.0.0/33', '10.0.0.0/8/8', 'fe80::1%eth0', ','])
      expect(refusal(proxies(wrong))[0], wrong).to.match(
        /^--trusted-proxies (?:has .*, which is no network|is no list of networks); write addresses/,
      );
    for (const everybody of ['0.0.0.0/0', '10.0.0.5,::/0', '0.0.0.0/00'])
      expect(refusal(proxies(everybody))[0], everybody).to.match(
        /^--trusted-proxies trusts everybody; name the proxy alone/,
      );
    expect(refusal(proxies(Array.from({ length: 101 }, () => '::1').join(',')))[0]).to.contain('is no list');
    expect(refusal(['--trusted-proxies', '10.0.0.5'])[0]).to.equal(
      '--trusted-proxies has no use without --behind-proxy; add --behind-proxy',
    );
    expect(refusal(['--admin-certificate', ' '])[0]).to.equal(
      '--admin-certificate is empty; write a name such as default',
    );
  });

  it('names every fault at once, with the flag or variable that it is about', () => {
    expect(
      refusal(['--admin', 'here', '--log-level', 'loud'], {
        POSTERN_LOG_FORMAT: 'xml',
        POSTERN_BEHIND_PROXY: 'maybe',
      }),
    ).to.deep.equal([
      'POSTERN_BEHIND_PROXY is neither true nor false; write true or false',
      '--admin is not an IP address with a port; write one such as 127.0.0.1:8025 or [::1]:8025',
      '--log-level has no such value; write one of trace, debug, info, warn, error, fatal, silent',
      'POSTERN_LOG_FORMAT has no such value; write one of json, pretty',
    ]);
  });

  it('refuses options that it does not know, with the one that was meant', () => {
    expect(refusal(['--setings', 'x'])).to.deep.equal([
      "Unknown option '--setings'; did you mean --settings?",
    ]);
    expect(refusal(['--xyzzy'])).to.deep.equal([
      "Unknown option '--xyzzy'; see scripts/postern serve --help",
    ]);
    expect(refusal(['stray'])[0]).to.match(/^Unexpected argument 'stray'/);
    expect(refusal(['--data'])[0]).to.match(/argument missing; see scripts\/postern serve --help$/);
    expect(refusal(['--behind-proxy=yes'])[0]).to.include("'--behind-proxy' does not take an argument");
    expect(refusal(['--data', ''])).to.deep.equal(['--data is empty or no path; write a path']);
  });

  it('describes every option in its help', () => {
    const help = serveOptionsHelp();
    for (const { flag, variable } of Object.values(SERVE_OPTIONS))
      expect(help).to.include(flag).and.include(variable);
  });
});

describe('parseListenAddress', () => {
  it('takes an address and a port, and nothing else', () => {
    expect(parseListenAddress('127.0.0.1:8025')).to.deep.equal({ address: '127.0.0.1', port: 8025 });
    expect(parseListenAddress('[2001:db8::1]:0')).to.deep.equal({ address: '2001:db8::1', port: 0 });
    for (const text of [
      '',
      '8025',
      ':8025',
      '127.0.0.1',
      '127.0.0.1:',
      '127.0.0.1:65536',
      '::1:8025',
      '[127.0.0.1]:80',
      'example.com:80',
      '127.0.0.1:80:80',
      '127.0.0.1:-1',
      '127.0.0.1:8e1',
    ]) {
      expect(parseListenAddress(text), text).to.equal(undefined);
    }
  });
});
