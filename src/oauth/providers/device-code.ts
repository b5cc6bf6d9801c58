import { type ClientAuth, deviceAuthorizationRequest, deviceCodeGrantRequest } from 'oauth4webapi';
import type { HttpAnswer } from '../../shared/http.ts';
import { endpointsOf } from '../endpoints.ts';
import type { DevicePoll, OAuthProvider } from '../provider.ts';
import { exchange, type Wire } from './exchange.ts';
import { factsOf, missing, type ProviderParts } from './provider-parts.ts';
import { clientOf, overWire, serverOf } from './standard-requests.ts';
import { jsonFields, readDeviceCode, readGrant } from './token-answer.ts';

interface DeviceOptions {
  /** What is asked for, such as `scope`. */
  readonly asked: Readonly<Record<string, string>>;
  /** How the client proves itself when it asks for the code. */
  readonly starting: (wire: Wire) => ClientAuth | Promise<ClientAuth>;
  /** … and when it asks for the token. */
  readonly polling: (wire: Wire) => ClientAuth | Promise<ClientAuth>;
}

/**
 * The device flow in its two raw steps (RFC 8628), for every provider: MSAL polls by itself, on its own timers and for public clients
 * only, and google-auth-library does not have this flow.
 */
export function deviceCodeFlow(
  parts: ProviderParts,
  { asked, starting, polling }: DeviceOptions,
): Pick<OAuthProvider, 'startDevice' | 'pollDevice'> {
  const facts = factsOf(parts);
  return {
    startDevice: () => {
      const { device } = endpointsOf(parts.settings);
      const asking = device === undefined ? facts : { ...facts, endpoint: device };
      return exchange(parts, asking, readDeviceCode, async (wire) => {
        if (device === undefined) {
          missing('deviceAuthorizationEndpoint', parts.upstream, 'the address where device codes are got');
        }
        const auth = await starting(wire);
        await deviceAuthorizationRequest(
          serverOf(parts),
          clientOf(parts),
          auth,
          { ...asked },
          overWire(wire),
        );
      });
    },
    pollDevice: (code) =>
      exchange<DevicePoll>(
        parts,
        facts,
        (answer) => readPoll(answer, parts),
        async (wire) => {
          const auth = await polling(wire);
          const secret = wire.show(code.deviceCode);
          await deviceCodeGrantRequest(serverOf(parts), clientOf(parts), auth, secret, overWire(wire));
        },
      ),
  };
}

function readPoll(answer: HttpAnswer, { clock }: ProviderParts): DevicePoll | undefined {
  const grant = readGrant(answer, clock);
  if (grant !== undefined) return { kind: 'granted', grant };
  const error = answer.status < 500 ? jsonFields(answer)?.['error'] : undefined;
  if (error === 'authorization_pending') return { kind: 'pending' };
  return error === 'slow_down' ? { kind: 'slow-down' } : undefined;
}
