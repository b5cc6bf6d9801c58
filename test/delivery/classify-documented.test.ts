/** Each row of the table of what SMTP upstreams answer is one row here, in its order. */
import { expect } from 'chai';
import { type ClassificationContext, classifyReply, type Stage } from '../../src/delivery/classify.ts';
import { classifyConnection } from '../../src/delivery/classify-connection.ts';
import { createMessageRate } from '../../src/delivery/message-rate.ts';
import { conclude } from '../../src/delivery/transports/smtp/conclude.ts';
import { parseReply } from '../../src/delivery/transports/smtp/parse-reply.ts';

interface Example {
  readonly stage: Stage;
  readonly reply: string;
  readonly verdict: string;
  readonly remedy?: RegExp;
  readonly text?: RegExp;
  readonly retryAfter?: number;
  readonly context?: ClassificationContext;
}

const HOUR = 3_600_000;
const password = { upstream: 'office', host: 'smtp.office365.com', user: 'relay@example.com' };
const microsoft = { provider: 'microsoft', clientId: 'client-1', tenantId: 'tenant-1' } as const;
const delegated: ClassificationContext = { ...password, oauth: { ...microsoft, flow: 'authorization-code' } };
const application: ClassificationContext = {
  ...password,
  oauth: { ...microsoft, flow: 'client-credentials' },
};
const google: ClassificationContext = {
  upstream: 'gmail',
  host: 'smtp.gmail.com',
  user: 'relay@example.com',
  oauth: { provider: 'google', flow: 'authorization-code' },
};
const wrongToken = '535 5.7.3 Authentication unsuccessful';
const withClaims = (context: ClassificationContext, claims: object): ClassificationContext => ({
  ...context,
  ...(context.oauth ? { oauth: { ...context.oauth, claims } } : {}),
});
const refused: Pick<Example, 'stage' | 'reply' | 'verdict'> = {
  stage: 'auth',
  reply: wrongToken,
  verdict: 'unavailable authentication',
};

const rows: readonly (readonly [row: string, examples: readonly Example[]])[] = [
  [
    '535 5.7.3 Authentication unsuccessful',
    [
      { ...refused, remedy: /tenant and cloud/ },
      {
        ...refused,
        context: delegated,
        remedy:
          /SmtpClientAuthenticationDisabled; then authorize again on the page E-mail configuration, or with "scripts\/postern authorize office"$/,
      },
      {
        ...refused,
        context: application,
        remedy:
          /New-ServicePrincipal -AppId client-1 -ObjectId OBJECT-ID; Add-MailboxPermission -Identity relay@example\.com -User OBJECT-ID -AccessRights FullAccess/,
      },
      {
        ...refused,
        context: withClaims(application, { roles: [] }),
        remedy: /lacks the role SMTP\.SendAsApp/,
      },
      {
        ...refused,
        context: withClaims(delegated, { scp: 'Mail.Send' }),
        remedy: /lacks the scope SMTP\.Send/,
      },
      {
        ...refused,
        context: withClaims(delegated, { aud: 'https://graph.microsoft.com' }),
        remedy: /for Microsoft Graph and not for Outlook.*SMTP\.Send offline_access/,
      },
      {
        ...refused,
        context: {
          ...password,
          oauth: {
            ...microsoft,
            flow: 'client-credentials',
            tenantId: '11111111-1111-1111-1111-111111111111',
            claims: { tid: '22222222-2222-2222-2222-222222222222' },
          },
        },
        remedy: /another tenant than the settings say/,
      },
    ],
  ],
  [
    '535 5.7.139 … SmtpClientAuthentication is disabled for the Tenant/Mailbox',
    ['Tenant. Visit https://aka.ms/smtp_auth_disabled', 'Mailbox.'].map((words) => ({
      ...refused,
      reply: `535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the ${words}`,
      context: delegated,
      text: /switched off in Exchange/,
      remedy:
        /Set-CASMailbox -Identity relay@example\.com -SmtpClientAuthenticationDisabled \$false.*kind graph/,
    })),
  ],
  [
    '535 5.7.139 … basic authentication is disabled; 550 5.7.30 Basic authentication is not supported',
    [
      {
        ...refused,
        reply: '535 5.7.139 Authentication unsuccessful, basic authentication is disabled.',
        remedy: /oauth2/,
      },
      {
        ...refused,
        reply: '550 5.7.30 Basic authentication is not supported for Client Submission.',
        remedy: /oauth2/,
      },
      {
        stage: 'mail',
        reply: '550 5.7.30 Basic authentication is not supported for Client Submission.',
        verdict: 'unavailable authentication',
        remedy: /oauth2/,
      },
    ],
  ],
  [
    '530 5.7.57 Client not authenticated',
    [
      {
        stage: 'mail',
        reply: '530 5.7.57 Client not authenticated to send mail.',
        verdict: 'unavailable authentication',
        context: { upstream: 'office', host: 'smtp.office365.com' },
        remedy: /Set authentication of the upstream office/,
      },
      {
        stage: 'mail',
        reply: '530 5.7.57 Client not authenticated to send mail.',
        verdict: 'unavailable authentication',
        context: delegated,
        remedy: /has forgotten that Postern signed in.*verify --upstream office/,
      },
    ],
  ],
  [
    '550 5.7.60 … SendAsDenied; 554 5.2.252 SendAsDenied; 554 5.2.0 … SendAsDeniedException',
    [
      '550 5.7.60 SMTP; Client does not have permissions to send as this sender; SendAsDenied',
      '554 5.2.252 SendAsDenied; relay@example.com not allowed to send as x@example.com',
      '554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message',
    ].map((reply) => ({
      stage: 'final' as const,
      reply,
      verdict: 'rejected sender',
      remedy: /if-refused.*Add-RecipientPermission SENDER -AccessRights SendAs -Trustee relay@example\.com/,
    })),
  ],
  [
    '430 4.2.0 STOREDRV; mailbox logon failure … Cannot open mailbox',
    [
      {
        stage: 'final',
        reply: '430 4.2.0 STOREDRV; mailbox logon failure; Cannot open mailbox',
        verdict: 'deferred busy until 4: configuration',
        context: application,
        remedy: /New-ServicePrincipal -AppId client-1.*licence/,
      },
    ],
  ],
  [
    '432 4.3.2 Concurrent connections limit exceeded; sender thread limit exceeded',
    [
      '432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending',
      '432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded',
    ].flatMap((reply) =>
      (['auth', 'mail', 'final'] as const).map((stage) => ({
        stage,
        reply,
        verdict: 'deferred connections',
        retryAfter: 10_000,
      })),
    ),
  ],
  [
    '554 5.2.0 … SubmissionQuotaExceededException',
    [
      {
        stage: 'final',
        reply: '554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException',
        verdict: 'unavailable quota',
        retryAfter: HOUR,
      },
    ],
  ],
  [
    '550 5.7.233 … daily limit for external recipients, 5.7.232',
    [
      [
        'rcpt',
        '550 5.7.233 Message can’t be sent because your tenant exceeded its daily limit for external recipients',
      ],
      ['final', '550 5.7.232 Message can’t be sent because your trial tenant has exceeded its daily limit'],
    ].map(([stage, reply]) => ({
      stage: stage === 'rcpt' ? ('rcpt' as const) : ('final' as const),
      reply: reply ?? '',
      verdict: 'deferred quota',
      retryAfter: HOUR,
      remedy: /external recipients/,
    })),
  ],
  [
    '554 5.2.2 mailbox full',
    [
      {
        stage: 'final',
        reply: '554 5.2.2 mailbox full',
        verdict: 'unavailable configuration',
        remedy: /Sent Items of relay@example\.com/,
      },
    ],
  ],
  [
    '501 5.5.127 … Token will expire soon',
    [
      {
        stage: 'auth',
        reply: '501 5.5.127 Authentication failed. Token will expire soon',
        verdict: 'unavailable authentication',
        context: delegated,
        remedy: /15 minutes/,
      },
    ],
  ],
  [
    '421, 451 4.7.500 Server busy',
    [
      { stage: 'mail', reply: '421 4.3.2 Service not available', verdict: 'deferred busy' },
      { stage: 'final', reply: '451 4.7.500 Server busy. Please try again later', verdict: 'deferred busy' },
      { stage: 'greeting', reply: '451 4.7.500 Server busy', verdict: 'unavailable throttled' },
    ],
  ],
  [
    'Gmail 334 with JSON, then 535-5.7.8',
    [
      {
        ...refused,
        reply:
          '535 5.7.8 Username and Password not accepted. {"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}',
        context: google,
        remedy: /https:\/\/mail\.google\.com\/.*scripts\/postern authorize gmail"$/,
      },
      {
        ...refused,
        reply: '535 5.7.8 no {"status":"invalid_token","scope":"mail"}',
        context: { ...google, oauth: { provider: 'generic', flow: 'device-code' } },
        remedy: /scopes and this audience/,
      },
    ],
  ],
  [
    'Gmail: user is …iam.gserviceaccount.com',
    [
      {
        ...refused,
        reply: '535 5.7.8 Username and Password not accepted',
        context: { ...google, user: 'x@project.iam.gserviceaccount.com' },
        text: /service account, which has no mailbox/,
        remedy: /Set authentication\.mailbox of the upstream gmail/,
      },
    ],
  ],
  [
    '550 5.4.5 Daily user sending limit exceeded',
    [
      {
        stage: 'final',
        reply:
          '550 5.4.5 Daily user sending limit exceeded. For more information visit https://support.google.com',
        verdict: 'unavailable quota',
        retryAfter: 24 * HOUR,
        context: google,
      },
    ],
  ],
];

describe('what upstreams answer, row by row', () => {
  for (const [row, examples] of rows) {
    it(`knows ${row}`, () => {
      for (const example of examples) {
        const verdict = classifyReply(example.stage, parseReply(example.reply), example.context ?? password);
        const patience = verdict.kind === 'deferred' ? verdict.patience : undefined;
        const last = patience?.verdict ?? verdict;
        const until = patience ? ` until ${patience.tries}: ${patience.verdict.reason}` : '';
        expect(`${verdict.kind} ${verdict.reason}${until}`).to.equal(example.verdict);
        if (example.remedy) expect(last.remedy).to.match(example.remedy);
        if (example.text) expect(last).to.have.property('text').that.matches(example.text);
        if ('retryAfter' in example) expect(verdict).to.have.property('retryAfter', example.retryAfter);
      }
    });
  }

  it('knows reset and TLS failure: the upstream is tried again', () => {
    const target = { upstream: 'office', host: 'smtp.office365.com', port: 587 };
    expect(classifyConnection(target, 'ECONNRESET', '').reason).to.equal('unreachable');
    expect(classifyConnection(target, 'ETLS', 'broke off').reason).to.equal('unreachable');
    const afterStartTls = classifyConnection(
      { ...target, startTls: true },
      'ERR_SSL_WRONG_VERSION_NUMBER',
      '',
    );
    expect(afterStartTls.reason).to.equal('unreachable');
  });

  it('stays below 30 messages a minute', () => {
    const rate = createMessageRate(30);
    let sent = 0;
    for (let now = 0; now < 60_000; now += 100) {
      if (rate.wait(now) > 0) continue;
      rate.take(now, 1);
      sent += 1;
    }
    expect(sent).to.be.within(25, 30);
  });

  it('takes a connection that is lost after the final dot for one that may have delivered', () => {
    const { recipients, unavailable } = conclude(
      {
        mail: { code: 250, text: '' },
        recipients: [{ code: 250, text: '' }],
        data: { code: 354, text: '' },
        lost: { text: 'closed the connection', step: 'ready' },
        ended: true,
      },
      password,
    );
    expect(unavailable).to.equal(undefined);
    expect(recipients[0]).to.include({ kind: 'deferred', reason: 'in-doubt' });
  });

  it('keeps one bad recipient among many to itself', () => {
    const { recipients } = conclude(
      {
        mail: { code: 250, text: '' },
        recipients: [{ code: 250, text: '' }, parseReply('550 5.1.1 nobody'), { code: 250, text: '' }],
        data: { code: 354, text: '' },
        final: { code: 250, text: 'taken' },
        ended: true,
      },
      password,
    );
    expect(recipients.map((one) => one?.kind)).to.deep.equal(['delivered', 'rejected', 'delivered']);
  });
});
