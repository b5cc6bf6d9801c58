import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../shared/clock.ts';
import { RelayError } from '../shared/errors.ts';

/**
 * Opens PKCS#12 files and protected keys in a thread of their own, with a deadline and a bound on memory: what a file asks for is
 * whoever made it to choose. Nothing of the file, the key or the password is in any error.
 */

export interface UnlockRequest {
  readonly kind: 'pkcs12' | 'key';
  readonly bytes: Uint8Array;
  /** Of a key. */
  readonly format?: 'pem' | 'der';
  readonly password?: string;
}

/** What was in it; keys are PKCS#8. */
export interface UnlockAnswer {
  /** DER. */
  readonly certificates: readonly Uint8Array[];
  /** DER. */
  readonly keys: readonly Uint8Array[];
}

export type UnlockTrouble =
  | 'password-missing'
  | 'password-wrong'
  | 'damaged'
  | 'unknown-protection'
  | 'too-costly';

export type Unlock = (request: UnlockRequest) => Promise<UnlockAnswer>;

const DEADLINE = 15_000;
const MOST_MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };
/** Each costs a thread. */
const AT_ONCE = 2;

const SENTENCES: Readonly<Record<UnlockTrouble, readonly [text: string, remedy: string]>> = {
  'password-missing': ['this is protected with a password', 'type the password that it was exported with'],
  'password-wrong': ['the password is wrong', 'type the password that it was exported with'],
  damaged: ['the file is damaged', 'export it again'],
  'unknown-protection': [
    'this is protected in a way that Postern does not know',
    'export it again with AES-256 and SHA-256, or as a pair of PEM files',
  ],
  'too-costly': [
    'its password protection would take too long to open',
    'export it again with fewer rounds (iterations), or as a pair of PEM files',
  ],
};

/** Throws RelayError `certificate-invalid`; `overloaded` where others are waited for. */
export function createUnlock(clock: Clock): Unlock {
  let running = 0;
  return async (request) => {
    if (running >= AT_ONCE) {
      throw new RelayError('overloaded', 'Other certificates are being opened; try again in a moment.');
    }
    running += 1;
    try {
      return await unlocked(request, clock);
    } finally {
      running -= 1;
    }
  };
}

async function unlocked(request: UnlockRequest, clock: Clock): Promise<UnlockAnswer> {
  // Beside the source it is the source, beside the built file the built one.
  const file = new URL(`./unlock-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(file, {
    name: 'unlock',
    execArgv: [],
    workerData: request,
    resourceLimits: MOST_MEMORY,
    stderr: true,
    stdout: true,
  });
  const answered = Promise.withResolvers<unknown>();
  const timer = clock.after(DEADLINE, () => answered.resolve({ trouble: 'too-costly' }));
  worker.once('message', answered.resolve);
  // Out of memory, or out of stack: it asked for more than any honest file does.
  worker.once('error', () => answered.resolve({ trouble: 'damaged' }));
  worker.once('exit', () => answered.resolve({ trouble: 'damaged' }));
  try {
    const answer = await answered.promise;
    if (isAnswer(answer)) return answer;
    const [text, hint] = SENTENCES[troubleIn(answer)];
    throw new RelayError('certificate-invalid', text, { hint });
  } finally {
    timer.cancel();
    await worker.terminate();
  }
}

function isAnswer(value: unknown): value is UnlockAnswer {
  return typeof value === 'object' && value !== null && 'certificates' in value && 'keys' in value;
}

function troubleIn(value: unknown): UnlockTrouble {
  const trouble =
    typeof value === 'object' && value !== null && 'trouble' in value ? value.trouble : undefined;
  return typeof trouble === 'string' && isTrouble(trouble) ? trouble : 'damaged';
}

function isTrouble(text: string): text is UnlockTrouble {
  return Object.hasOwn(SENTENCES, text);
}
