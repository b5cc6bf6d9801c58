/** Every text of the page in German, by area. For tests: the page loads what it needs of it (words.ts). */
import { audit } from './de/audit.ts';
import { certificates } from './de/certificates.ts';
import { common } from './de/common.ts';
import { devices } from './de/devices.ts';
import { document } from './de/document.ts';
import { email } from './de/email.ts';
import { messages } from './de/messages.ts';
import { overview } from './de/overview.ts';
import { portal } from './de/portal.ts';
import { profile } from './de/profile.ts';
import { shell } from './de/shell.ts';
import { users } from './de/users.ts';

export const de = {
  audit,
  certificates,
  common,
  devices,
  document,
  email,
  messages,
  overview,
  portal,
  profile,
  shell,
  users,
} as const;
