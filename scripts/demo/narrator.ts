/*
 * Tells on the terminal what happens, in one calm line for each thing; colours only where the terminal wants them.
 */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

export interface Narrator {
  title(text: string): void;
  /** Something was done. */
  step(text: string, detail?: string): void;
  /** The device handed in a message. */
  queued(subject: string, id: string): void;
  /** Postern delivered one. `waited`: seconds, where it was long. */
  delivered(subject: string, id: string, detail: string, waited?: number): void;
  /** An attempt failed, and the message waits for the next one. */
  waits(subject: string, id: string, why: string): void;
  /** Something that goes wrong on purpose, and what becomes of it. */
  trouble(text: string): void;
  note(text: string): void;
  plain(text: string): void;
}

/** Writes through `out`. */
export function createNarrator(out: (text: string) => void, started = Date.now()): Narrator {
  const seconds = () => paint('gray', `${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s `);
  const line = (sign: string, text: string) => out(`${seconds()} ${sign} ${text}\n`);
  return {
    title: (text) => out(`\n${paint('bold', text)}\n\n`),
    step: (text, detail) =>
      line(paint('green', '✓'), detail === undefined ? text : `${text}  ${paint('gray', detail)}`),
    queued: (subject, id) =>
      line(paint('cyan', '→'), `device ${name(subject)} ${paint('gray', `Postern: 250 Queued as ${id}`)}`),
    delivered: (subject, id, detail, waited) => {
      const late = waited === undefined ? '' : paint('yellow', ` after ${waited.toFixed(1)} s in the queue`);
      line(paint('green', '✓'), `  sent ${name(subject)} ${paint('gray', `${id}: ${detail}`)}${late}`);
    },
    waits: (subject, id, why) =>
      line(paint('yellow', '…'), ` waits ${name(subject)} ${paint('gray', `${id}: ${why}`)}`),
    trouble: (text) => line(paint('yellow', '!'), paint('yellow', text)),
    note: (text) => line(paint('blue', '·'), paint('blue', text)),
    plain: (text) => out(`${text}\n`),
  };
}

function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

function name(subject: string): string {
  return `“${subject}”`.padEnd(24);
}
