/** A sign-in in words, for the terminal. Pure; lines are made safe where they are printed. */
import type { SignInStartAnswer, SignInStateAnswer } from '../admin/contract-authorizations.ts';
import { authorizeCommand, verifyCommand } from '../shared/own-commands.ts';
import { localTime } from './output.ts';

/** What to do now, in lines. */
export function beginning(
  started: SignInStartAnswer,
  options: { readonly paste: boolean },
): readonly string[] {
  const { upstream, email, expiresAt } = started;
  const whose = `Sign in${email === undefined ? '' : ` as ${email}`} for the upstream ${upstream}.`;
  const waiting = `Waiting until ${localTime(expiresAt)}. Ctrl-C ends the waiting alone.`;
  if (started.kind === 'device') {
    return [
      whose,
      '',
      `  1. Open   ${started.verificationUri}`,
      `  2. Enter  ${spaced(started.userCode)}     (${started.userCode})`,
      ...(started.verificationUriComplete === undefined
        ? []
        : ['', `  or open   ${started.verificationUriComplete}`]),
      '',
      waiting,
    ];
  }
  const note = started.warning === undefined ? [] : ['', `Note: ${started.warning}`];
  const registered = `Redirect URI that has to be registered with the application: ${started.redirectUri}`;
  if (options.paste) {
    return [
      `${whose} Open this address in any browser:`,
      '',
      `  ${started.direct}`,
      '',
      registered,
      ...note,
      'At the end the browser shows a page that it cannot open; that is right. Copy the whole address from its address bar,',
      `paste it here before ${localTime(expiresAt)}, and press Enter:`,
    ];
  }
  return [
    `${whose} Open this link in a browser:`,
    '',
    `  ${started.link}`,
    '',
    registered,
    ...note,
    `If no browser can open the link: ${authorizeCommand(upstream)} --paste (or --device, not at Google)`,
    waiting,
  ];
}

/** Said while it lasts. */
export function progress(state: SignInStateAnswer, now: number): readonly string[] {
  if (state.state === 'redeeming') return ['The browser is back; the tokens are being fetched.'];
  const minutes = Math.max(1, Math.ceil((state.expiresAt - now) / 60_000));
  return [`Still waiting; ${minutes} minute${minutes === 1 ? '' : 's'} left.`];
}

/** How it ended, and what comes next. */
export function ending(state: SignInStateAnswer): readonly string[] {
  const { account, upstream, text, remedy } = state;
  const todo = remedy === undefined ? [] : [`What to do: ${remedy}`];
  if (state.state !== 'authorized') return [`Not authorized: ${text ?? 'the sign-in failed.'}`, ...todo];
  return [
    `Authorized${account === undefined ? '' : ` as ${account}`}.`,
    ...(text === undefined ? [] : [`Note: ${text}`, ...(remedy === undefined ? [] : [remedy])]),
    `Next: ${verifyCommand(upstream)}`,
  ];
}

/** A code that is read across a room. */
function spaced(code: string): string {
  return code.split('').join(' ');
}
