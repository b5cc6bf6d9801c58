/** A browser as far as a sign-in needs one: goes to an address, keeps cookies, says how it came there. Follows no redirect. */
import { request } from 'node:http';

export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Browser {
  /** Goes to an address of 127.0.0.1 as if somebody had followed a link of another site. */
  go(url: string, headers?: Readonly<Record<string, string>>, method?: string): Promise<Page>;
  readonly cookies: Map<string, string>;
  /** The Set-Cookie headers as they came. */
  readonly setCookies: string[];
}

const NAVIGATION = {
  'Sec-Fetch-Site': 'cross-site',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
};

export function createBrowser(): Browser {
  const cookies = new Map<string, string>();
  const setCookies: string[] = [];
  return {
    cookies,
    setCookies,
    async go(url, headers = {}, method = 'GET') {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const page = await get(url, method, {
        ...NAVIGATION,
        ...(cookie === '' ? {} : { Cookie: cookie }),
        Connection: 'close',
        ...headers,
      });
      for (const line of page.setCookies) {
        setCookies.push(line);
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (/Max-Age=0\b/.test(line)) cookies.delete(name);
        else cookies.set(name, value);
      }
      return page;
    },
  };
}

function get(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<Page & { readonly setCookies: readonly string[] }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, timeout: 10_000 }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
          ),
          setCookies: response.headers['set-cookie'] ?? [],
          text: Buffer.concat(pieces).toString('utf8'),
        }),
      );
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.once('error', reject);
    sent.end();
  });
}
