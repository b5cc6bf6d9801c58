/** The steps of a verification as lines for people. Pure; everything is made safe here. */
import type { VerifyStepLine } from '../admin/contract-verify.ts';
import { counted, safe } from './output.ts';

const MARKS = { ok: '✓', failed: '✗', warning: '!', skipped: '–' } as const;
/** Green, red, yellow, grey. */
const COLOURS = { ok: 32, failed: 31, warning: 33, skipped: 90 } as const;
/** The longest name of a step. */
const NAME_WIDTH = 9;
const TIME_WIDTH = 8;
const INDENT = ' '.repeat(2 + NAME_WIDTH + 2 + TIME_WIDTH + 2);

/** A step: mark, name, time and what was found; below it the server's words, cause and remedy. */
export function stepLines(step: VerifyStepLine, colour: boolean): string {
  const { result, text, cause, remedy, subject } = step;
  const mark = colour ? `\u001b[${COLOURS[result]}m${MARKS[result]}\u001b[0m` : MARKS[result];
  const time = result === 'skipped' ? '' : timeText(step.milliseconds);
  const about = subject === undefined || text.includes(subject) ? '' : `${subject}: `;
  const lines = [
    `${mark} ${step.step.padEnd(NAME_WIDTH)}  ${time.padStart(TIME_WIDTH)}  ${safe(about + text)}`.trimEnd(),
    ...wordsOf(step).map((line) => INDENT + safe(line)),
    ...(cause === undefined ? [] : [`${INDENT}why: ${safe(cause)}`]),
    ...(remedy === undefined ? [] : [`${INDENT}to do: ${safe(remedy)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** What else is worth a line: the server's own words, a chain that was not liked, the claims of a token. */
function wordsOf(step: VerifyStepLine): readonly string[] {
  const { reply, details = {}, result } = step;
  const lines: string[] = [];
  if (reply && (result !== 'ok' || step.step === 'greeting' || step.step === 'message')) {
    lines.push(
      `“${[reply.code, reply.enhanced, reply.text].filter((part) => part !== undefined && part !== '').join(' ')}”`,
    );
  }
  const chain = details['chain'];
  if (result !== 'ok' && Array.isArray(chain))
    lines.push(...chain.map((one) => `certificate ${String(one)}`));
  if (step.step === 'token') {
    const claims = Object.entries(details).map(
      ([name, value]) => `${name} ${Array.isArray(value) ? value.join(' ') : String(value)}`,
    );
    if (claims.length > 0) lines.push(claims.join(', '));
  }
  return lines;
}

function timeText(milliseconds: number): string {
  return milliseconds < 10_000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Without what a long reason tells in brackets, such as all of a certificate: it stands with its step. */
function inShort(reason: string): string {
  const bracket = reason.indexOf(' (');
  return reason.length > 160 && bracket > 0 ? reason.slice(0, bracket) : reason;
}

/** In short: does sending work, and if not, why, and where it says what to do. */
export function verdict(steps: readonly VerifyStepLine[]): string {
  const failure = steps.find(({ result }) => result === 'failed');
  if (failure) {
    const reason = inShort((failure.cause ?? failure.text).replace(/\.$/, ''));
    const remedy = failure.remedy === undefined ? '' : ` What to do stands above, at ${failure.step}.`;
    return safe(`Sending does not work: ${reason}.${remedy}`);
  }
  if (!steps.some(({ step }) => step === 'tcp')) return 'Nothing leaves over this upstream.';
  const warnings = steps.filter(({ result }) => result === 'warning').length;
  const look =
    warnings === 0 ? '' : ` Look at the ${warnings === 1 ? 'warning' : counted(warnings, 'warning')} above.`;
  const proven = steps.some(
    ({ step, result }) => step === 'message' && (result === 'ok' || result === 'warning'),
  );
  if (proven) return `Sending works.${look}`;
  return `Sending works, as far as can be told without a message; --send-to ADDRESS sends one.${look}`;
}
