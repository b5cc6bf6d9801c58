/*
 * The device sends, things go wrong in turn, and the log of Postern tells what became of each message.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { sendAsDevice } from './device.ts';
import type { Narrator } from './narrator.ts';
import type { LogLine } from './postern-process.ts';
import { troubles } from './troubles.ts';

const SUBJECTS = [
  'Toner is low',
  'Scan of 3 pages',
  'UPS on battery',
  'Backup has finished',
  'Door 4 is open',
  'Disk 2 has failed',
];
const PRINTER = 'printer@example.com';
const SCANNER = 'scanner@example.com';
/** Milliseconds. */
const EVERY = 1000;
const DRAIN = 60_000;
/** Longer in the queue than this is worth a word; milliseconds. */
const LONG = 900;

export interface Show {
  /** Takes a line of Postern's log. */
  readonly heard: (line: LogLine) => void;
  /** Runs until `seconds` are over or it is told to stop; true when every message arrived once. */
  run(stop: AbortSignal): Promise<boolean>;
}

interface Sent {
  readonly subject: string;
  readonly at: number;
  delivered: boolean;
}

/** `seconds`: how long messages are sent; until it is told to stop if absent. */
export function createShow(deps: {
  readonly simulator: Simulator;
  readonly narrator: Narrator;
  readonly port: number;
  readonly seconds?: number;
}): Show {
  const { simulator, narrator, port, seconds } = deps;
  const sent = new Map<string, Sent>();
  let refused = 0;
  let healed = 0;

  const waiting = () => [...sent.values()].filter(({ delivered }) => !delivered).length;

  async function send(number: number, sender: string): Promise<void> {
    const subject = SUBJECTS[number % SUBJECTS.length] ?? '';
    const at = Date.now();
    const reply = await sendAsDevice(port, { from: sender, to: 'office@example.net', subject });
    const id = /Queued as (\w+)/.exec(reply)?.[1];
    if (id === undefined) {
      refused += 1;
      narrator.trouble(`Postern did not take it: ${reply}`);
      return;
    }
    narrator.queued(subject, id);
    sent.set(id, { subject, at, delivered: false });
    for (const line of early.splice(0)) heard(line);
  }

  /** Lines about messages whose reply has not been read yet. */
  const early: LogLine[] = [];

  function heard(line: LogLine): void {
    const { id, result, rewrittenSender, delays, reply } = line;
    if (typeof id !== 'string' || (result !== 'delivered' && result !== 'deferred')) return;
    const message = sent.get(id);
    if (message === undefined) {
      if (early.length < 100) early.push(line);
      return;
    }
    if (message.delivered) return;
    if (result === 'deferred') {
      narrator.waits(message.subject, id, String(reply).slice(0, 60));
      return;
    }
    message.delivered = true;
    const waited = Date.now() - message.at;
    const sending = Number(String(delays).split('/').at(-1)) * 1000;
    const as = typeof rewrittenSender === 'string' ? `as ${rewrittenSender}, ` : '';
    const detail = `Microsoft took it with the token, ${as}${Math.max(1, Math.round(sending))} ms`;
    narrator.delivered(message.subject, id, detail, waited > LONG ? waited / 1000 : undefined);
  }

  return {
    heard,
    async run(stop) {
      const from = Date.now();
      const end = seconds === undefined ? Number.POSITIVE_INFINITY : from + seconds * 1000;
      // A short show has everything in it as well, only closer together.
      const step = seconds === undefined ? 10 : Math.max(2, Math.floor(seconds / 5));
      const outage = Math.min(10_000, step * 1000);
      const list = troubles(outage, SCANNER);
      let over: { readonly at: number; readonly text: string } | undefined;
      for (let number = 0; Date.now() < end && !stop.aborted; number += 1) {
        let sender = PRINTER;
        if (over !== undefined && Date.now() >= over.at) {
          simulator.reset();
          narrator.note(over.text);
          over = undefined;
        }
        if (number > 0 && number % step === 0 && over === undefined) {
          const trouble = list[(number / step - 1) % list.length];
          if (trouble !== undefined) {
            narrator.trouble(trouble.text);
            trouble.begin(simulator);
            sender = trouble.sender ?? PRINTER;
            healed += 1;
            if (trouble.lasts !== undefined)
              over = { at: Date.now() + trouble.lasts, text: trouble.after ?? '' };
          }
        }
        await send(number, sender);
        const next = from + (number + 1) * EVERY - Date.now();
        await pause(Math.max(0, Math.min(next, end - Date.now())), undefined, { signal: stop }).catch(
          () => undefined,
        );
      }
      simulator.reset();
      await drain();
      return summary(from);
    },
  };

  async function drain(): Promise<void> {
    if (waiting() === 0) return;
    narrator.note(
      `The device is silent now. ${waiting()} of its messages still wait; Postern brings them out.`,
    );
    const until = Date.now() + DRAIN;
    while (waiting() > 0 && Date.now() < until) await pause(50);
  }

  function summary(from: number): boolean {
    const arrived = simulator.messages().length;
    const { signIns, tokenRequests } = simulator.counters();
    const lost = waiting();
    narrator.title('What happened');
    narrator.plain(
      `  ${sent.size} messages from the device in ${Math.round((Date.now() - from) / 1000)} s, ${refused} refused`,
    );
    narrator.plain(
      `  ${arrived} arrived at the simulated Microsoft, ${lost} did not, ${Math.max(0, arrived - (sent.size - lost))} came twice`,
    );
    narrator.plain(`  ${healed} troubles on purpose, ${tokenRequests} tokens asked for, ${signIns} sign-ins`);
    narrator.plain('\n  Everything is removed again. Try it yourself: scripts/postern simulate\n');
    return lost === 0 && refused === 0 && arrived === sent.size;
  }
}
