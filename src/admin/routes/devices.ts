/** Devices: who sends, where they reach us, and letting in who was refused. */
import { stringify } from 'yaml';
import type { Caller } from '../../access/caller.ts';
import { type DeniedClient, MOST_DENIED } from '../../inbound/denied.ts';
import { addressBits, plainAddress } from '../../inbound/networks.ts';
import { errorText, RelayError } from '../../shared/errors.ts';
import { type AllowPlan, type AllowWish, planAllow } from '../allow-device.ts';
import {
  type AllowDevice,
  allowDeviceSchema,
  allowedDeviceSchema,
  devicesQuerySchema,
  devicesSchema,
  listenersSchema,
} from '../contract-overview.ts';
import { senderForDevice } from '../device-upstream.ts';
import { listenerList } from '../listener-list.ts';
import { nothing, type Route, route } from '../route.ts';
import type { AdminServices, FlowServices } from '../services.ts';

/** How often a change is made anew because somebody else was quicker. */
const ATTEMPTS = 5;

type DeviceServices = Pick<AdminServices, 'denied' | 'settings' | 'events' | 'ownAddresses' | 'log'> & {
  readonly flow: Pick<FlowServices, 'devices' | 'listeners'>;
};

export function deviceRoutes(services: DeviceServices): readonly Route[] {
  const { flow, settings, ownAddresses = () => [] } = services;
  return [
    route({
      method: 'get',
      path: '/api/v1/devices',
      access: 'devices.read',
      summary: 'Who has sent, the latest first: an address under each client that it counted as.',
      params: nothing,
      query: devicesQuerySchema,
      body: nothing,
      answer: devicesSchema,
      handle: async ({ query: { limit } }) => ({ json: { devices: await flow.devices.list(limit) } }),
    }),
    route({
      method: 'get',
      path: '/api/v1/listeners',
      access: 'devices.read',
      summary: 'Where devices reach Postern, and what is to be entered on them.',
      params: nothing,
      query: nothing,
      body: nothing,
      answer: listenersSchema,
      handle: () => ({ json: listenerList(flow.listeners(), settings.current(), ownAddresses()) }),
    }),
    route({
      method: 'post',
      path: '/api/v1/devices/allow',
      access: 'devices.allow',
      summary:
        'Lets a refused device in, in a new revision of the settings. An address that was not refused needs settings.write too.',
      params: nothing,
      query: nothing,
      body: allowDeviceSchema,
      answer: allowedDeviceSchema,
      api: { refusals: [409] },
      audit: ({ call: { body }, reply: { json } }) => ({
        action: 'devices.allowed',
        subject: body.address,
        text: json?.text ?? `${body.address} may send.`,
      }),
      handle: async ({ body, by, caller }) => ({ json: await allow(services, body, by, caller) }),
    }),
  ];
}

async function allow(
  { settings, denied, events, log }: DeviceServices,
  wish: AllowDevice,
  by: string,
  { permissions }: Caller,
) {
  const address = addressBits(wish.address) === undefined ? wish.address : plainAddress(wish.address);
  const refusals = (await denied.list(MOST_DENIED)).filter((one) => one.address === address);
  // To open Postern for whatever address one likes is to change the settings.
  if (refusals.length === 0 && !permissions.has('settings.write')) throw neverRefused(address);
  const refusal = refusals.find(({ sender }) => wish.sender === undefined || sender === wish.sender);
  for (let attempt = 1; ; attempt += 1) {
    const { revision, locked, source } = settings.document();
    const plan = planned(settings, { ...wish, address }, refusal);
    if (plan.document !== undefined && locked) throw lockedError(plan, source);
    try {
      const applied =
        plan.document === undefined
          ? { revision }
          : await settings.apply(plan.document, {
              by,
              ifRevision: revision,
              summary: plan.text,
              confined: true,
            });
      await denied.forget(address, wish.sender);
      events?.publish('devices');
      log.info({ by, address, client: plan.client, revision: applied.revision }, plan.text);
      return { client: plan.client, revision: applied.revision, text: plan.text };
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      if (error.code === 'settings-conflict' && attempt < ATTEMPTS) continue;
      throw error.code === 'settings-invalid' ? unfit(error) : error;
    }
  }

  function planned(from: typeof settings, asked: AllowDevice, told: DeniedClient | undefined): AllowPlan {
    const current = from.current();
    const { document } = from.document();
    const base: AllowWish = {
      address: asked.address,
      ...(asked.sender === undefined ? {} : { sender: asked.sender }),
      ...(asked.name === undefined ? {} : { name: asked.name }),
    };
    const plan = planAllow(document, current, base, told);
    if (asked.rewriteSender !== true) return plan;
    // Which upstream its mail goes to depends on the client that it becomes.
    const draft = plan.document === undefined ? current : from.draft(plan.document, { confined: true });
    const subject = {
      sender: asked.sender ?? told?.sender ?? '',
      recipient: told?.recipient ?? '',
      listener: told?.listener ?? '',
    };
    const rewriteTo = senderForDevice(draft, plan.client, subject);
    return planAllow(document, current, { ...base, rewriteTo }, told);
  }
}

function neverRefused(address: string): RelayError {
  return new RelayError('forbidden', `${address} was not refused, so there is nothing to allow.`, {
    hint: 'Let the device send once and be refused. Who may change the settings can allow any address.',
  });
}

/** The settings come from a file, so that only its owner can let the device in: here is what to write. */
function lockedError({ entry, text }: AllowPlan, file: string): RelayError {
  const lines = entry === undefined ? '' : stringify([entry.value], { lineWidth: 0 }).trimEnd();
  const where =
    entry?.added === true
      ? `Add this to ${entry.section} in ${file}`
      : `Change this under ${entry?.section ?? 'clients'} in ${file}`;
  return new RelayError('settings-locked', `The settings come from the file ${file}; nothing was changed.`, {
    hint: `${where}:\n${lines}\nThen: ${text}`,
  });
}

/** What the settings do not take is a fault of what was asked for. */
function unfit(error: RelayError): RelayError {
  const [fault] = error.faults;
  const reason = fault === undefined ? errorText(error) : `${fault.path} ${fault.message}`;
  return new RelayError('bad-request', `The settings cannot hold this: ${reason}.`, {
    cause: error,
    hint: 'Leave out the sender to allow every sender, or choose another name.',
  });
}
