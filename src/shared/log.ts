import type { Logger as PinoLogger } from 'pino';

/** What rooms log with; made in observe/log.ts. First the fields, then one sentence. */
export type Log = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'>;
