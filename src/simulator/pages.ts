/*
 * The pages that people see: sign-in, consent, device code, errors. Plain HTML with forms, without scripts, for any browser. Each says
 * that it is a simulator, and with which account it can be tried.
 */
import type { Response } from 'express';
import { escapeHtml } from '../shared/html.ts';
import type { SimulatedAccount } from './simulator.ts';

export interface Brand {
  /** `Microsoft` */
  readonly name: string;
  readonly colour: string;
  /** Where the forms are sent. */
  readonly paths: { readonly signIn: string; readonly consent: string; readonly device: string };
  readonly account: SimulatedAccount;
}

/** HTML that has been escaped. */
class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function html(parts: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const texts = values.map((value) => {
    if (typeof value === 'string') return escapeHtml(value);
    return value instanceof Html ? value.text : value.map(({ text }) => text).join('');
  });
  return new Html(parts.map((part, index) => part + (texts[index] ?? '')).join(''));
}

/** Asks for e-mail and password. */
export function signInPage(
  brand: Brand,
  page: { readonly session: string; readonly email: string; readonly fault?: string },
): Html {
  const { email, password } = brand.account;
  return document(
    brand,
    'Sign in',
    html`<form method="post" action="${brand.paths.signIn}">
      <input type="hidden" name="session" value="${page.session}">
      ${faultLine(page.fault)}
      <label>E-mail <input name="email" type="email" value="${page.email}" required autocomplete="off"></label>
      <label>Password <input name="password" type="password" required autocomplete="off"></label>
      <p class="hint">To try it: <b>${email}</b> with the password <b>${password}</b></p>
      <button type="submit" name="action" value="next">Sign in</button>
      <button type="submit" name="action" value="cancel" formnovalidate class="quiet">Cancel</button>
    </form>`,
  );
}

/** Asks whether the application may. */
export function consentPage(
  brand: Brand,
  page: { readonly session: string; readonly email: string; readonly scopes: readonly string[] },
): Html {
  return document(
    brand,
    'Permissions requested',
    html`<form method="post" action="${brand.paths.consent}">
      <input type="hidden" name="session" value="${page.session}">
      <p>Signed in as <b>${page.email}</b></p>
      <p><b>Postern</b> would like to:</p>
      <ul>${page.scopes.map((scope) => html`<li>${meaning(scope)} <small>${scope}</small></li>`)}</ul>
      <button type="submit" name="decision" value="accept">Accept</button>
      <button type="submit" name="decision" value="deny" class="quiet">Cancel</button>
    </form>`,
  );
}

/** Asks for the code that another device shows. */
export function devicePage(brand: Brand, page: { readonly code: string; readonly fault?: string }): Html {
  return document(
    brand,
    'Enter the code',
    html`<form method="post" action="${brand.paths.device}">
      ${faultLine(page.fault)}
      <label>Code that your device or the command line shows
        <input name="code" value="${page.code}" required autocomplete="off" autofocus></label>
      <button type="submit">Next</button>
    </form>`,
  );
}

/** Says something, and that is all. */
export function messagePage(brand: Brand, title: string, text: string): Html {
  return document(brand, title, html`<p>${text}</p>`);
}

/** Sends a page that may load nothing and run nothing. */
export function sendPage(response: Response, page: Html, status = 200): void {
  response
    .status(status)
    .set({
      'Content-Security-Policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
    })
    .type('html')
    .send(page.text);
}

function document(brand: Brand, title: string, body: Html): Html {
  const style = `body{font:16px/1.5 system-ui,sans-serif;background:#f2f2f2;color:#222;margin:0;padding:5vh 1rem}
    main{max-width:27rem;margin:auto;background:#fff;padding:2rem;border-top:.4rem solid ${brand.colour};box-shadow:0 2px 8px #0002}
    .simulator{background:#fff6d6;border:1px solid #e4c95a;padding:.5rem .75rem;font-size:.9rem}
    label{display:block;margin:1rem 0}input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem;margin-top:.25rem}
    button{font:inherit;padding:.5rem 1.25rem;border:0;background:${brand.colour};color:#fff;cursor:pointer}
    .quiet{background:#ddd;color:#222}.fault{color:#b00020}.hint,small{color:#666;font-size:.85rem}small{display:block}`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title} – simulated ${brand.name}</title><style>${new Html(style)}</style></head>
<body><main><p class="simulator"><b>Simulator.</b> This is not ${brand.name}: it runs on this machine only. Do not type a real password.</p>
<h1>${title}</h1>
${body}
</main></body></html>
`;
}

function faultLine(fault: string | undefined): Html {
  return fault === undefined ? html`` : html`<p class="fault" role="alert">${fault}</p>`;
}

function meaning(scope: string): string {
  if (/SMTP\.Send|mail\.google\.com|gmail\.send|Mail\.Send/.test(scope)) return 'Send mail as you';
  if (/Mail\.ReadWrite|gmail\.(?:modify|compose)/.test(scope)) return 'Read and write your mail';
  if (scope === 'offline_access') return 'Keep the access that you gave it';
  return 'See your name and e-mail address';
}
