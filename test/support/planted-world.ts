/** Secrets for every place of the settings, hostile servers that repeat them, and the settings that lead there. */
import { generateKeyPairSync } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { makeSelfSigned } from './certificates.ts';
import { type ConnectProxy, startConnectProxy } from './connect-proxy.ts';
import { startEchoingServer } from './echoing-server.ts';
import {
  type Script,
  type ScriptedServer,
  type StepContext,
  startScriptedServer,
} from './scripted-smtp-server.ts';
import { plant, plantToken } from './secret-forms.ts';
import type { TokenTrap } from './token-trap.ts';

export interface PlantedWorld {
  /** Name of the secret → the secret itself. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Private keys, PEM. */
  readonly keys: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly authorities: readonly string[];
  /** The document, given the ports of the listener and the admin. */
  settings(port: number, admin: number): Record<string, unknown> & { upstreams: readonly { name: string }[] };
  /** Everything that the hostile servers were sent. */
  heard(): string;
  close(): Promise<void>;
}

const USER = 'relay@example.com';

const value = (text: string) => ({ value: text });

/** Who comes on every second connection is let in. */
const lets = ({ connection }: Pick<StepContext, 'connection'>) => connection % 2 === 0;

/** `directory` gets the files that secrets are read from; it is none of Postern's own. */
export async function plantWorld(
  directory: string,
  simulator: Simulator,
  trap: TokenTrap,
): Promise<PlantedWorld> {
  const secrets = {
    clientSecret: plant(),
    basicSecret: plant(),
    personSecret: plant(),
    assertion: `${plantToken()}.${plantToken()}.${plantToken()}`,
    passwordValue: plant(),
    passwordFile: plant(),
    passwordCommand: plant(),
    passwordVariable: plant(),
    failingCommand: plant(),
    vaultToken: plantToken(),
    proxyPassword: plant(),
    devicePassword: plant(),
    accessToken: plantToken(),
    refreshToken: plantToken(),
  };
  const certificate = await makeSelfSigned({ keyType: 'rsa', hosts: ['postern'] });
  const account = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
  });
  const keys = { certificate: certificate.key, serviceAccount: account };
  const echo = await startEchoingServer({ access: secrets.accessToken, refresh: secrets.refreshToken });
  const heardBySmtp: string[] = [];
  // Each repeats what it can know: the password or token of its own account.
  const servers = {
    value: await startEchoingSmtp(secrets.passwordValue, heardBySmtp),
    file: await startEchoingSmtp(secrets.passwordFile, heardBySmtp),
    command: await startEchoingSmtp(secrets.passwordCommand, heardBySmtp),
    variable: await startEchoingSmtp(secrets.passwordVariable, heardBySmtp),
    token: await startEchoingSmtp(secrets.accessToken, heardBySmtp),
  };
  const proxy = await startEchoingProxy();

  const passwordFile = join(directory, 'password');
  const fault = join(directory, 'fault');
  const command = join(directory, 'command.sh');
  const failing = join(directory, 'failing.sh');
  await writeFile(passwordFile, secrets.passwordFile);
  await writeFile(fault, secrets.clientSecret);
  // Single quotes are not among the signs of a planted secret.
  await writeFile(command, `#!/bin/sh\nprintf '%s' '${secrets.passwordCommand}'\n`);
  await writeFile(
    failing,
    `#!/bin/sh\necho '${secrets.failingCommand}'\necho '${secrets.failingCommand}' >&2\nexit 3\n`,
  );
  for (const script of [command, failing]) await chmod(script, 0o700);

  const serviceAccount = JSON.stringify({
    type: 'service_account',
    project_id: 'planted',
    private_key_id: '0123456789abcdef',
    private_key: keys.serviceAccount,
    client_email: 'relay@planted.iam.gserviceaccount.com',
    client_id: '104857600000000000042',
    token_uri: `${echo.url}/google/token`,
  });

  const atEcho = (name: string, rest: Readonly<Record<string, unknown>>) => ({
    type: 'oauth2',
    clientId: `client-of-${name}`,
    tokenEndpoint: `${echo.url}/${name}/token`,
    ...rest,
  });
  const microsoft = {
    provider: 'microsoft',
    tenantId: simulator.microsoft.tenantId,
    flow: 'client-credentials',
    mailbox: USER,
  };
  const generic = { provider: 'generic', flow: 'client-credentials', scopes: 'mail', mailbox: USER };
  const toSmtp = (name: string, authentication: unknown, rest: Readonly<Record<string, unknown>> = {}) => ({
    name,
    kind: 'smtp',
    host: '127.0.0.1',
    port: servers.token.port,
    security: 'none',
    authentication,
    limits: { messagesPerConnection: 1 },
    ...rest,
  });
  const password = (source: unknown, method = 'PLAIN') => ({
    type: 'password',
    user: USER,
    password: source,
    method,
  });
  const good = { clientSecret: value(secrets.clientSecret), tokenEndpoint: `${echo.url}/good/token` };

  function settings(port: number, admin: number) {
    const { authorizationEndpoint, deviceAuthorizationEndpoint, clientId } = simulator.microsoft;
    const person = {
      type: 'oauth2',
      provider: 'microsoft',
      email: USER,
      tenantId: simulator.microsoft.tenantId,
      clientId,
      authorizationEndpoint,
      deviceAuthorizationEndpoint,
    };
    const upstreams = [
      {
        name: 'office',
        kind: 'smtp',
        host: 'localhost',
        port: simulator.microsoft.smtp.port,
        security: 'starttls',
        from: { address: USER, rewrite: 'always' },
        limits: { messagesPerConnection: 1 },
        authentication: {
          ...person,
          clientSecret: value(simulator.microsoft.clientSecret),
          tokenEndpoint: trap.tokenEndpoint,
        },
      },
      toSmtp('person', {
        ...person,
        clientSecret: value(secrets.personSecret),
        tokenEndpoint: `${echo.url}/person/token`,
      }),
      toSmtp('device', { ...person, flow: 'device-code', tokenEndpoint: `${echo.url}/device/token` }),
      toSmtp('post', atEcho('post', { ...generic, clientSecret: value(secrets.clientSecret) })),
      toSmtp(
        'basic',
        atEcho('basic', {
          ...generic,
          clientAuthentication: 'basic',
          clientSecret: value(secrets.basicSecret),
        }),
      ),
      toSmtp(
        'certificate',
        atEcho('certificate', {
          ...microsoft,
          clientCertificate: value(`${certificate.certificate}${certificate.key}`),
        }),
      ),
      toSmtp('assertion', atEcho('assertion', { ...microsoft, clientAssertion: value(secrets.assertion) })),
      toSmtp('google', {
        type: 'oauth2',
        provider: 'google',
        flow: 'service-account',
        mailbox: USER,
        serviceAccount: value(serviceAccount),
        tokenEndpoint: `${echo.url}/google/token`,
      }),
      toSmtp('bearer', atEcho('bearer', { ...generic, ...good, method: 'XOAUTH2' })),
      toSmtp('bearer-2', atEcho('bearer-2', { ...generic, ...good, method: 'OAUTHBEARER' })),
      {
        name: 'graph',
        kind: 'graph',
        endpoint: echo.url,
        authentication: atEcho('graph', { ...microsoft, ...good }),
      },
      toSmtp('value', password(value(secrets.passwordValue)), { port: servers.value.port }),
      toSmtp('file', password({ file: passwordFile }), { port: servers.file.port }),
      toSmtp('variable', password({ env: 'PLANTED_PASSWORD' }), { port: servers.variable.port }),
      toSmtp('command', password({ command: [command] }, 'LOGIN'), { port: servers.command.port }),
      toSmtp('failing', password({ command: [failing] })),
      toSmtp('vaulted', password({ vault: 'secret/mail/office#password' })),
      toSmtp('proxied', password(value(secrets.passwordValue)), { host: 'mail.planted.example' }),
      toSmtp(
        'proxied-token',
        atEcho('proxied', {
          ...generic,
          clientSecret: value(secrets.clientSecret),
          tokenEndpoint: `https://login.planted.example:${echo.port}/proxied/token`,
        }),
      ),
    ];
    return {
      accessUrl: `http://127.0.0.1:${admin}`,
      listeners: [
        { name: 'devices', address: '127.0.0.1', port, security: 'none', authentication: 'optional' },
      ],
      users: [{ name: 'scanner', password: value(secrets.devicePassword) }],
      upstreams,
      routes: upstreams.map(({ name }) => ({ senderDomain: `${name}.example`, upstream: name })),
      defaultUpstream: 'office',
      proxy: { url: proxy.url, user: 'postern', password: value(secrets.proxyPassword) },
      vault: { address: echo.url, token: value(secrets.vaultToken), cache: '1s' },
    };
  }

  return {
    secrets,
    keys,
    environment: { PLANTED_PASSWORD: secrets.passwordVariable, POSTERN_TEST_FAULT: fault },
    authorities: [simulator.certificateAuthority, trap.certificateAuthority, echo.certificateAuthority],
    settings,
    heard: () => [echo.heard(), ...heardBySmtp, ...proxy.heads, ...proxy.heads.map(basicIn)].join('\n'),
    async close() {
      await Promise.all([echo, proxy, ...Object.values(servers)].map((server) => server.close()));
    },
  };
}

function basicIn(head: string): string {
  return Buffer.from(/basic (\S+)/i.exec(head)?.[1] ?? '', 'base64').toString();
}

/** Repeats what signs in: refused at AUTH, and where it is let in, refused at MAIL, in one line, in pieces or in both. */
function startEchoingSmtp(known: string, heard: string[]): Promise<ScriptedServer> {
  let last = '';
  const words = () => {
    const all = [last, known].filter((text) => text !== '');
    return all.map((text) => `${text} ${Buffer.from(text).toString('base64')} ${encodeURIComponent(text)}`);
  };
  const reply = (code: number, enhanced: string) => {
    const lines = words().flatMap((text) => {
      const half = Math.floor(text.length / 2);
      return [text, text.slice(0, half), text.slice(half)].map((part) => part.slice(0, 450));
    });
    return lines
      .slice(0, 40)
      .map((line, index, all) => `${code}${index === all.length - 1 ? ' ' : '-'}${enhanced} ${line}`)
      .join('\r\n');
  };
  const script: Script = {
    auth(context) {
      last = context.line.split(' ').at(-1) ?? '';
      heard.push(Buffer.from(last, 'base64').toString());
      return lets(context) ? { reply: '235 2.7.0 in' } : { reply: reply(535, '5.7.8') };
    },
    mail: ({ connection }) => ({ reply: reply(connection % 4 === 0 ? 550 : 451, '5.7.60') }),
    rcpt: () => ({ reply: reply(550, '5.1.1') }),
  };
  return startScriptedServer({
    mechanisms: ['PLAIN', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER'],
    user: USER,
    password: '',
    token({ token, connection }) {
      heard.push(token);
      last = token;
      if (lets({ connection })) return true;
      return {
        reply: reply(535, '5.7.3'),
        explanation: JSON.stringify({ status: '401', scope: token, error: token }),
      };
    },
    script,
  });
}

/** Refuses with the words of the request, as a password that is wrong and as a server that is not reached in turn. */
function startEchoingProxy(): Promise<ConnectProxy> {
  let count = 0;
  return startConnectProxy({
    instead(client, head) {
      const words = `${basicIn(head)} ${/basic (\S+)/i.exec(head)?.[1] ?? ''}`;
      const status = count++ % 2 === 0 ? '502' : '407';
      const realm = words.replaceAll('"', '');
      client.end(
        `HTTP/1.1 ${status} ${words}\r\nProxy-Authenticate: Basic realm="${realm}"\r\nX-Words: ${words}\r\n\r\n${words}`,
      );
    },
  });
}
