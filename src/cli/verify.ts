import type { IncomingMessage } from 'node:http';
import { settingsAnswerSchema } from '../admin/contract-settings.ts';
import {
  type VerifyLine,
  type VerifyResult,
  type VerifyStepLine,
  verifyLineSchema,
} from '../admin/contract-verify.ts';
import { isJsonArray, isJsonObject, type Json } from '../settings/json.ts';
import { toJson } from '../settings/to-json.ts';
import { RelayError } from '../shared/errors.ts';
import { type Client, createClient } from './client.ts';
import type { Command, Typed } from './command.ts';
import { nodeFlags } from './node-flags.ts';
import { safe, safeJsonLine } from './output.ts';
import { readTypedDocument, type TypedDocument } from './typed-document.ts';
import { stepLines, verdict } from './verify-lines.ts';

/** A longer line is none of the node's. */
const LONGEST_LINE = 1024 * 1024;

export const verify: Command = {
  flags: {
    upstream: { value: 'NAME', help: 'Only this one (all, in turn)' },
    sender: { value: 'ADDRESS', multiple: true, help: 'Sender that is tried (the upstream’s own address)' },
    recipient: { value: 'ADDRESS', help: 'Recipient of the dry run (the sender itself)' },
    'send-to': { value: 'ADDRESS', help: 'Send a real message there at the end' },
    settings: { value: 'FILE', help: 'Verify upstreams of this file, which need not be in force' },
    json: { help: 'Print JSON, a step on each line' },
    ...nodeFlags,
  },
  positionals: [0, 0],
  details: [
    'Looks at settings, secrets, proxy, DNS, TCP, greeting, TLS, token, sign-in, senders and recipients,',
    'tells each step when it is over, and for what is wrong the cause and the exact remedy. Nothing is sent',
    'without --send-to, and nothing is stored. Exits with 0 when all is well or only worth a second look,',
    'with 1 when something failed. A proxy or Vault is that of the settings in force, with --settings as well.',
  ].join('\n'),
  async run(typed) {
    const client = createClient(typed);
    const file = typed.text('settings');
    const typedDocument =
      file === undefined ? undefined : await readTypedDocument(file, 'nothing was verified');
    for (const other of await notTried(client, typedDocument)) {
      typed.terminal.err(
        `Note: ${other} of the file is not in force and is not tried; the one in force is. Apply the file, then verify.\n`,
      );
    }
    const one = typed.text('upstream');
    const names = one === undefined ? await upstreamNames(client, typedDocument) : [one];
    if (names.length === 0) {
      typed.terminal.err('No upstream is set, so nothing leaves: mail is held in the test relay.\n');
      return 1;
    }
    let failed = false;
    for (const [index, name] of names.entries()) {
      if (index > 0 && !typed.on('json')) typed.terminal.out('\n');
      const result = await verifyOne(client, name, typedDocument, typed);
      failed ||= result === 'failed';
    }
    return failed ? 1 : 0;
  },
};

/** Ways out that belong to the node and not to an upstream: a trial takes those in force, whatever the file says. */
async function notTried(
  client: Client,
  typedDocument: TypedDocument | undefined,
): Promise<readonly string[]> {
  const { value } = typedDocument ?? {};
  const wanted = ['proxy.url', 'proxy.bypass', 'vault.address'].filter((path) => at(value, path) !== 'null');
  if (wanted.length === 0) return [];
  const inForce = toJson((await client.ask('/api/v1/settings', settingsAnswerSchema)).document).value;
  return wanted.filter((path) => at(value, path) !== at(inForce, path));
}

function at(document: Json | undefined, path: string): string {
  const found = path
    .split('.')
    .reduce<Json>((value, key) => (isJsonObject(value) ? (value[key] ?? null) : null), document ?? null);
  return JSON.stringify(found);
}

async function upstreamNames(
  client: Client,
  typedDocument: TypedDocument | undefined,
): Promise<readonly string[]> {
  const document =
    typedDocument?.value ??
    toJson((await client.ask('/api/v1/settings', settingsAnswerSchema)).document).value;
  const upstreams: Json = isJsonObject(document) ? (document['upstreams'] ?? []) : [];
  if (!isJsonArray(upstreams)) return [];
  return upstreams.flatMap((upstream) => {
    const name = isJsonObject(upstream) ? upstream['name'] : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}

async function verifyOne(
  client: Client,
  upstream: string,
  typedDocument: TypedDocument | undefined,
  typed: Typed,
): Promise<VerifyResult> {
  const { out, colour = false } = typed.terminal;
  const json = typed.on('json');
  const senders = typed.texts('sender');
  const recipient = typed.text('recipient');
  const sendTo = typed.text('send-to');
  const body = {
    upstream,
    ...(typedDocument === undefined ? {} : { settings: typedDocument.value }),
    ...(senders.length === 0 ? {} : { senders }),
    ...(recipient === undefined ? {} : { recipient }),
    ...(sendTo === undefined ? {} : { sendTo }),
  };
  const response = await client
    .download('/api/v1/verify', { method: 'POST', body })
    .catch((error: unknown) => {
      throw typedDocument?.located(error) ?? error;
    });
  if (!json) out(`Upstream ${safe(upstream)}\n`);
  const steps: VerifyStepLine[] = [];
  for await (const line of linesOf(response)) {
    if (json) out(`${safeJsonLine({ upstream, ...line })}\n`);
    if (!('step' in line)) {
      if (!json) out(`${verdict(steps)}\n`);
      return line.result;
    }
    steps.push(line);
    if (!json) out(stepLines(line, colour));
  }
  throw cutShort();
}

/** The answer line by line, each checked. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<VerifyLine> {
  let rest = '';
  response.setEncoding('utf8');
  const pieces: AsyncIterable<string> = response;
  try {
    for await (const piece of pieces) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE) throw new RelayError('internal', 'The node’s answer is too large.');
      for (const line of lines) yield parseLine(line);
    }
  } catch (error) {
    if (error instanceof RelayError) throw error;
    throw cutShort(error);
  }
}

function parseLine(line: string): VerifyLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  const parsed = verifyLineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RelayError('internal', 'The node’s answer is not understood; is it of the same version?', {
    cause: parsed.error,
  });
}

function cutShort(cause?: unknown): RelayError {
  return new RelayError('internal', 'The node ended its answer before the verification was over.', { cause });
}
