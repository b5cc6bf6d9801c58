import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { googleJsonFields } from '../oauth/providers/google-json-fields.ts';
import { REDIRECT_PATHS } from '../oauth/sign-in/redirect-uri.ts';
import { RelayError } from '../shared/errors.ts';
import { fileTrouble } from '../shared/file-trouble.ts';
import { authorizeCommand, verifyCommand } from '../shared/own-commands.ts';
import type { Command } from './command.ts';
import { safe } from './output.ts';

export const settingsFromGoogleJson: Command = {
  flags: {
    name: { value: 'NAME', help: 'Name of the upstream (gmail)' },
    mailbox: { value: 'ADDRESS', help: 'Mailbox that sends (relay@example.com, to be changed by you)' },
  },
  positionals: [1, 1],
  details: [
    'For the OAuth client file ("Download JSON" of a client) and for the key file of a service account. Needs no running',
    'node and changes nothing. The secret stays in the file: the settings name it.',
  ].join('\n'),
  async run(typed) {
    const [file = ''] = typed.positionals;
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new RelayError('not-found', `${file} ${fileTrouble(error)}.`, { cause: error });
    });
    const name = typed.text('name') ?? 'gmail';
    const mailbox = typed.text('mailbox') ?? 'relay@example.com';
    const { authentication, comments } = fieldsOf(text, resolve(file), name, mailbox);
    const upstream = {
      name,
      kind: 'smtp',
      authentication: { type: 'oauth2', provider: 'google', ...authentication },
      from: { address: mailbox, rewrite: 'if-refused' },
    };
    const yaml = stringify({ upstreams: [upstream], defaultUpstream: name }, { lineWidth: 0 });
    typed.terminal.out(`${comments.map((line) => `# ${safe(line)}\n`).join('')}${yaml}`);
    return 0;
  },
};

/** What the file fills in, and what is left to do. Throws RelayError `bad-request` where it is another file. */
function fieldsOf(text: string, file: string, name: string, mailbox: string) {
  const found = googleJsonFields(text);
  if (found.what === 'service-account') {
    const authentication = { ...found.authentication, mailbox, serviceAccount: { file } };
    const comments = [
      `Admin console, domain-wide delegation: client id ${found.clientId ?? '(client_id in the file)'}, scope https://mail.google.com/.`,
      `Then: ${verifyCommand(name)}`,
    ];
    return { authentication, comments };
  }
  const { flow, clientId, ...endpoints } = found.authentication;
  const authentication = {
    flow,
    email: mailbox,
    clientId,
    ...(found.hasSecret ? { clientSecret: { file } } : {}),
    ...endpoints,
  };
  const registered =
    found.redirectUris.length > 0
      ? `Registered redirect URI: ${found.redirectUris.join(', ')}. It has to be accessUrl and the path.`
      : `No redirect URI of Postern is registered: add http://localhost:8025${REDIRECT_PATHS[0]} (accessUrl and the path) to the client.`;
  return { authentication, comments: [registered, `Then: ${authorizeCommand(name)}`] };
}
