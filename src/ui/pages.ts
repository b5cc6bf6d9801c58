/** Every page there is: add yours as a row. Read by the router, the navigation and the build, so it holds data only. */
import type { Permission } from '../access/permissions.ts';
import type { IconName } from './components/icon.tsx';
import type { Area, PlainKey } from './words/words.ts';

/** A module with one exported component, the page. */
export type PageModule = Readonly<Record<string, unknown>>;

export interface PageEntry {
  /** Its routes, the first one is where the navigation leads; parts such as `:id` come to the component as `params`. */
  readonly paths: readonly string[];
  /** Areas of the words that it uses, beside `common` and `shell`. */
  readonly words: readonly Area[];
  /** What the navigation calls it. */
  readonly word: PlainKey;
  /** In the navigation, where it has one; pages without are reached by links. */
  readonly icon?: IconName;
  /** Who sees it; everybody who is signed in if absent. */
  readonly needs?: Permission;
  /** Shown without a session and without the frame around it, such as the setup. */
  readonly open?: true;
  readonly load: () => Promise<PageModule>;
}

export const PAGES: readonly PageEntry[] = [
  {
    paths: ['/'],
    word: 'shell.overview',
    words: ['overview'],
    icon: 'overview',
    needs: 'status.read',
    load: () => import('./pages/overview.tsx'),
  },
  {
    paths: ['/email', '/email/new', '/email/:name'],
    word: 'shell.email',
    words: ['email', 'portal'],
    icon: 'mailbox',
    needs: 'settings.read',
    load: () => import('./pages/email.tsx'),
  },
  {
    paths: ['/devices', '/devices/:section', '/devices/:section/:name'],
    word: 'shell.devices',
    words: ['devices'],
    icon: 'device',
    needs: 'devices.read',
    load: () => import('./pages/devices.tsx'),
  },
  {
    paths: ['/messages', '/messages/:id'],
    word: 'shell.messages',
    words: ['messages'],
    icon: 'messages',
    needs: 'messages.read',
    load: () => import('./pages/messages.tsx'),
  },
  {
    paths: ['/certificates', '/certificates/own'],
    word: 'shell.certificates',
    words: ['certificates'],
    icon: 'certificate',
    needs: 'certificates.read',
    load: () => import('./pages/certificates.tsx'),
  },
  {
    paths: ['/users', '/users/tokens'],
    word: 'shell.users',
    words: ['users'],
    icon: 'users',
    needs: 'access.manage',
    load: () => import('./pages/users.tsx'),
  },
  {
    paths: ['/profile'],
    word: 'shell.profile',
    words: ['profile'],
    load: () => import('./pages/profile.tsx'),
  },
  {
    paths: ['/setup'],
    word: 'shell.setup',
    words: ['profile'],
    open: true,
    load: () => import('./pages/setup.tsx'),
  },
  {
    paths: ['/audit'],
    word: 'shell.audit',
    words: ['audit'],
    icon: 'audit',
    needs: 'audit.read',
    load: () => import('./pages/audit.tsx'),
  },
  {
    paths: ['/settings', '/settings/history', '/settings/history/:revision'],
    word: 'shell.document',
    words: ['document'],
    icon: 'document',
    needs: 'settings.read',
    load: () => import('./pages/document.tsx'),
  },
];

/** In place of every page while somebody has to choose a password of their own. */
export const CHOOSE_PASSWORD: PageEntry = {
  paths: [],
  word: 'shell.password',
  words: ['profile'],
  load: () => import('./pages/choose-password.tsx'),
};
