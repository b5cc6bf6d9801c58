import { cleanReply } from '../../oauth/failures/clean-reply.ts';
import type { TokenSource } from '../../oauth/token-source.ts';
import type { SettingsSource } from '../../settings/source.ts';
import { Secret } from '../../shared/secret.ts';
import type { VerifyStep } from './step.ts';

/**
 * The last look at a step before it is told. Every secret and token that a verification has used is known here, and goes out of
 * every text, whoever put it there: a server that echoes what it was given, or a slip of ours.
 */
export interface HiddenSecrets {
  readonly reveal: SettingsSource['reveal'];
  readonly tokens: TokenSource;
  clean(step: VerifyStep): VerifyStep;
}

/** A shorter secret would take ordinary words out of our own sentences; server words are cleaned of those too. */
const SHORTEST = 8;
const MOST_SECRETS = 100;

/** Wraps what gives out secrets, so that none is missed. */
export function hideSecrets(reveal: SettingsSource['reveal'], tokens: TokenSource): HiddenSecrets {
  const known = new Map<string, Secret>();
  const remember = (text: string): void => {
    for (const part of secretParts(text)) {
      if (known.size < MOST_SECRETS) known.set(part, new Secret(part));
    }
  };
  const ours = (text: string): string => {
    let clean = text;
    for (const part of known.keys()) {
      if (part.length >= SHORTEST) clean = clean.replaceAll(part, '[secret]');
    }
    return clean;
  };
  return {
    async reveal(source) {
      const secret = await reveal(source);
      remember(secret.reveal());
      return secret;
    },
    tokens: {
      async token(request) {
        const answer = await tokens.token(request);
        if (answer.kind === 'token') remember(answer.token.reveal());
        return answer;
      },
      refused: (request, token) => tokens.refused(request, token),
    },
    clean(step) {
      const { reply, details } = step;
      return {
        ...step,
        text: ours(step.text),
        ...(step.subject === undefined ? {} : { subject: ours(step.subject) }),
        ...(step.cause === undefined ? {} : { cause: ours(step.cause) }),
        ...(step.remedy === undefined ? {} : { remedy: ours(step.remedy) }),
        ...(reply === undefined
          ? {}
          : { reply: { ...reply, text: cleanReply(reply.text, [...known.values()]) } }),
        ...(details === undefined ? {} : { details: cleanDetails(details, ours) }),
      };
    },
  };
}

type Details = NonNullable<VerifyStep['details']>;

function cleanDetails(details: Details, ours: (text: string) => string): Details {
  const clean = (value: Details[string]): Details[string] => {
    if (typeof value === 'string') return ours(value);
    return typeof value === 'object' ? value.map(ours) : value;
  };
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, clean(value)]));
}

/** What of a source is secret: of a key file the key, not the words around it. */
function secretParts(text: string): readonly string[] {
  const keys = [...text.matchAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)-----END/gs)].flatMap(
    ([, body = '']) => body.split(/\\n|\s+/).filter((line) => line.length >= SHORTEST),
  );
  return keys.length > 0 ? keys : [text];
}
