/** Every text of the page in English, by area. For types and tests: the page loads what it needs of it (words.ts). */
import { audit } from './en/audit.ts';
import { certificates } from './en/certificates.ts';
import { common } from './en/common.ts';
import { devices } from './en/devices.ts';
import { document } from './en/document.ts';
import { email } from './en/email.ts';
import { messages } from './en/messages.ts';
import { overview } from './en/overview.ts';
import { portal } from './en/portal.ts';
import { profile } from './en/profile.ts';
import { shell } from './en/shell.ts';
import { users } from './en/users.ts';

export const en = {
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
