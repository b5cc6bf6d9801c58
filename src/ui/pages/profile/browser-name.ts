/** What a `User-Agent` header says in words that people know; brands that build on others stand in front of them. */
const BROWSERS = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/\b(?:Headless)?Chrome\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
] as const;

const SYSTEMS = [
  [/\bWindows\b/, 'Windows'],
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b|\biPad\b/, 'iOS'],
  [/\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
] as const;

export interface BrowserName {
  readonly browser: string | undefined;
  readonly system: string | undefined;
}

export function browserName(agent: string): BrowserName {
  return {
    browser: BROWSERS.find(([form]) => form.test(agent))?.[1],
    system: SYSTEMS.find(([form]) => form.test(agent))?.[1],
  };
}
