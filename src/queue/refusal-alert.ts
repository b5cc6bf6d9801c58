/** Tells people when devices are told to come back later: what is said to a device alone, nobody reads. */
import type { Alert, Alerts } from '../shared/alerts.ts';
import { ownCommand } from '../shared/own-commands.ts';
import type { PressureReason } from './pressure.ts';

const KEY = 'mail refused';

/** Looks, one a second, at which mail has to be refused before somebody is told; want of room does not pass by itself. */
const PATIENCE: Readonly<Record<PressureReason, number>> = {
  queue: 2,
  disk: 2,
  store: 5,
  memory: 10,
  load: 10,
};
/** Looks at which all has to be well before it counts as over. */
const CALM = 5;

/** What is told, by the reason. */
function alertOf(reason: PressureReason): Alert {
  return { key: KEY, level: 'critical', ...TEXTS[reason]() };
}

const TEXTS: Readonly<Record<PressureReason, () => { readonly text: string; readonly remedy: string }>> = {
  queue: () => ({
    text: 'No mail is taken: the queue is as large as queue.maxBytes allows. Devices are told to come back later.',
    remedy: `Release or delete mail that waits or is held (${ownCommand('queue list')}), or raise queue.maxBytes in the settings.`,
  }),
  disk: () => ({
    text: 'No mail is taken: less space than queue.minFreeDisk is left on the disk of the store. Devices are told to come back later.',
    remedy:
      'Free space on the disk that holds the data directory, or lower queue.minFreeDisk in the settings.',
  }),
  store: () => ({
    text: 'No mail is taken: the store refuses to write. Devices are told to come back later.',
    remedy: 'The log says what the store answered.',
  }),
  memory: () => ({
    text: 'Mail is refused: Postern is short of memory. Devices are told to come back later.',
    remedy: 'It passes when less mail comes in at once; give the machine more memory if it comes back.',
  }),
  load: () => ({
    text: 'Mail is refused: this machine is overloaded. Devices are told to come back later.',
    remedy: 'It passes when less is asked of the machine; look at what else runs on it if it comes back.',
  }),
};

/** Takes each look's reason to refuse mail, or undefined. Pure but for the alerts. */
export function createRefusalAlert(alerts: Alerts): (reason: PressureReason | undefined) => void {
  let refused = 0;
  let calm = 0;
  let told: PressureReason | undefined;
  return (reason) => {
    if (reason === undefined) {
      refused = 0;
      calm += 1;
      if (told === undefined || calm < CALM) return;
      told = undefined;
      alerts.clear(KEY);
      return;
    }
    calm = 0;
    refused += 1;
    if (told === reason || refused < PATIENCE[reason]) return;
    // Another reason is another text; the key is told once until it is cleared.
    if (told !== undefined) alerts.clear(KEY);
    told = reason;
    alerts.raise(alertOf(reason));
  };
}
