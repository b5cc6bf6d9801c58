/** What the page offers when an upstream is set up. Everything comes from the tables that deliveries and sign-ins use themselves. Pure. */
import { endpointsOf, GOOGLE, MICROSOFT_CLOUDS, scopesOf } from '../oauth/endpoints.ts';
import { REDIRECT_PATHS } from '../oauth/sign-in/redirect-uri.ts';
import { GMAIL_HOST, providerLimits, SES_LIMITS, SES_REGIONS, sesHost } from '../settings/provider-limits.ts';
import { type OAuth2Settings, oauth2Authentication } from '../settings/schema-oauth2.ts';
import type { Preset, Presets, Way } from './contract-configuration.ts';
import { GOOGLE_PASSWORD_STEPS, googleSteps, microsoftSteps, otherSteps, SES_STEPS } from './portal-steps.ts';

const SUBMISSION = { port: 587, security: 'starttls' } as const;

export function upstreamPresets(): Presets {
  return {
    presets: [
      { id: 'microsoft-365', ways: microsoftWays() },
      { id: 'google-workspace', ways: [...googleWays(true), googlePassword()] },
      { id: 'gmail', ways: [...googleWays(false), googlePassword()] },
      {
        id: 'amazon-ses',
        regions: SES_REGIONS.map((id) => ({ id, host: sesHost(id) })),
        ways: [
          {
            kind: 'smtp',
            type: 'password',
            server: { host: sesHost(SES_REGIONS[0]), ...SUBMISSION },
            fields: ['user', 'password'],
            limits: SES_LIMITS,
            steps: SES_STEPS,
          },
        ],
      },
      { id: 'smtp', ways: otherWays() },
      { id: 'test-relay', ways: [{ kind: 'test-relay', type: 'none', fields: [], limits: {}, steps: [] }] },
    ],
    ports: [
      { port: 587, security: 'starttls' },
      { port: 465, security: 'tls' },
      { port: 25, security: 'none' },
    ],
    redirectPaths: REDIRECT_PATHS,
  };
}

function microsoftWays(): readonly Way[] {
  const flows = ['authorization-code', 'device-code', 'client-credentials'] as const;
  return Object.keys(MICROSOFT_CLOUDS)
    .filter(isCloud)
    .flatMap((cloud) =>
      (['smtp', 'graph'] as const).flatMap((kind) =>
        flows.map((flow): Way => {
          const { smtp, graph } = MICROSOFT_CLOUDS[cloud];
          const secret = flow === 'device-code' ? 'clientSecret?' : 'clientSecret';
          return {
            kind,
            ...oauthWay({ provider: 'microsoft', flow, cloud, tenantId: 'TENANT' }, kind),
            cloud,
            ...(kind === 'smtp' ? { server: { host: smtp, ...SUBMISSION } } : { endpoint: graph }),
            fields: [
              flow === 'client-credentials' ? 'mailbox' : 'email',
              'tenantId',
              'clientId',
              secret,
              'clientSecretExpires?',
            ],
            limits: limitsOf(kind, smtp),
            steps: microsoftSteps(kind, flow, cloud),
          };
        }),
      ),
    );
}

function isCloud(text: string): text is OAuth2Settings['cloud'] {
  return Object.hasOwn(MICROSOFT_CLOUDS, text);
}

/** Only Google Workspace has service accounts that act for mailboxes. */
function googleWays(workspace: boolean): readonly Way[] {
  const flows = workspace
    ? (['authorization-code', 'service-account'] as const)
    : (['authorization-code'] as const);
  return (['smtp', 'gmail'] as const).flatMap((kind) =>
    flows.map((flow): Way => {
      const filled = oauthWay({ provider: 'google', flow }, kind);
      return {
        kind,
        ...filled,
        ...(kind === 'smtp' ? { server: { host: GMAIL_HOST, ...SUBMISSION } } : { endpoint: GOOGLE.api }),
        fields:
          flow === 'service-account' ? ['mailbox', 'serviceAccount'] : ['email', 'clientId', 'clientSecret'],
        limits: limitsOf(kind, GMAIL_HOST),
        steps: googleSteps(kind, flow, filled.scopes ?? '', workspace),
      };
    }),
  );
}

function googlePassword(): Way {
  return {
    kind: 'smtp',
    type: 'password',
    server: { host: GMAIL_HOST, ...SUBMISSION },
    fields: ['user', 'password'],
    limits: limitsOf('smtp', GMAIL_HOST),
    steps: GOOGLE_PASSWORD_STEPS,
  };
}

function otherWays(): readonly Way[] {
  const common = { kind: 'smtp', server: SUBMISSION, limits: {} } as const;
  const flows = ['authorization-code', 'device-code', 'client-credentials'] as const;
  return [
    { ...common, type: 'password', fields: ['user', 'password'], steps: otherSteps('password') },
    { ...common, type: 'none', fields: [], steps: otherSteps('none') },
    ...flows.map((flow): Way => {
      const endpoint = {
        'authorization-code': ['authorizationEndpoint'],
        'device-code': ['deviceAuthorizationEndpoint'],
        'client-credentials': [],
      }[flow];
      return {
        ...common,
        type: 'oauth2',
        provider: 'generic',
        flow,
        fields: [
          flow === 'client-credentials' ? 'mailbox' : 'email',
          'clientId',
          flow === 'client-credentials' ? 'clientSecret' : 'clientSecret?',
          'scopes?',
          ...endpoint,
          'tokenEndpoint',
        ],
        steps: otherSteps('oauth2', flow),
      };
    }),
  ];
}

/** What Postern fills in where nothing is typed. */
function oauthWay(
  typed: Pick<OAuth2Settings, 'provider' | 'flow'> & Partial<OAuth2Settings>,
  kind: 'smtp' | 'graph' | 'gmail',
) {
  const settings = oauth2Authentication.parse({ type: 'oauth2', ...typed });
  const { authorization, token, device } = endpointsOf(settings);
  const { provider, flow } = settings;
  return {
    type: 'oauth2',
    provider,
    flow,
    scopes: scopesOf(settings, kind) ?? '',
    ...(flow === 'authorization-code' && authorization !== undefined
      ? { authorizationEndpoint: authorization }
      : {}),
    ...(token === undefined ? {} : { tokenEndpoint: token }),
    ...(flow === 'device-code' && device !== undefined ? { deviceAuthorizationEndpoint: device } : {}),
  } as const;
}

function limitsOf(kind: Way['kind'], host: string): Preset['ways'][number]['limits'] {
  return { ...providerLimits(kind, host)?.limits };
}
