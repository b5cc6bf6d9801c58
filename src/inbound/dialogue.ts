/*
 * The SMTP conversation with one client (RFC 5321), from EHLO to QUIT. It never touches a socket: command lines and
 * content go in, replies come out, so the same bytes give the same replies however they were split. After STARTTLS a new
 * one begins, which is how everything said in clear is forgotten (RFC 3207 section 4.2).
 */
import { errorText } from '../shared/errors.ts';
import { ownText } from '../shared/own-text.ts';
import { AUTH_MECHANISMS, type AuthStep, beginAuth } from './auth-exchange.ts';
import type { ListenerContext } from './context.ts';
import { parseMail, parseRcpt } from './mail-command.ts';
import type { RefusalReason } from './meters.ts';
import { type ClientPolicy, STRANGER, senderRefusal, strangerRefusal } from './policy.ts';
import { type Received, type Receiving, tooLarge } from './receiving.ts';
import { reply, replyToError, replyToRefusal, type SmtpReply, wireText } from './replies.ts';
import type { SessionBounds } from './session-bounds.ts';
import {
  BYE,
  close,
  GREET_FIRST,
  MAIL_FIRST,
  OK,
  RECIPIENT_OK,
  SEND_CONTENT,
  SENDER_OK,
  SIGN_IN_FIRST,
  STARTTLS_FIRST,
  STOPPING,
  type Step,
  step,
  TLS_READY,
  TOO_LARGE_FURTHER_ON,
} from './step.ts';
import {
  acceptedEnvelope,
  isTooLargeFurtherOn,
  type Peer,
  receive,
  type Sender,
  type Transaction,
} from './transaction.ts';

const MAX_GREETING = 255;

/** One client's conversation; a new one begins after STARTTLS. */
export class Dialogue {
  readonly #context: ListenerContext;
  readonly #peer: Peer;
  readonly #bounds: SessionBounds;
  #greeting: string | undefined;
  #extended = false;
  #user: string | undefined;
  #awaiting: ((line: string) => AuthStep) | undefined;
  #transaction: Transaction | undefined;
  #recipientRefused = false;
  #receiving: Receiving | undefined;

  constructor(context: ListenerContext, peer: Peer, bounds: SessionBounds) {
    this.#context = context;
    this.#peer = peer;
    this.#bounds = bounds;
  }

  /** Between MAIL and the reply to its content: a stop waits for it. */
  get inTransaction(): boolean {
    return this.#transaction !== undefined;
  }

  /** The content that is being taken. */
  get receiving(): Receiving | undefined {
    return this.#receiving;
  }

  /** Answers one command line. Never throws or rejects. */
  command(line: string): Step | Promise<Step> {
    if (this.#awaiting !== undefined) return this.#continueAuth(this.#awaiting, line);
    const flood = this.#bounds.command();
    if (flood !== undefined) return this.#cut(flood, 'flood');
    if (this.#context.stopping() && this.#transaction === undefined) return close(STOPPING);
    const space = line.search(/[ \t]/);
    const verb = (space === -1 ? line : line.slice(0, space)).toUpperCase();
    const argument = space === -1 ? '' : line.slice(space + 1).trim();
    switch (verb) {
      case 'EHLO':
      case 'HELO':
        return this.#greet(verb, argument);
      case 'MAIL':
        return this.#mail(line);
      case 'RCPT':
        return this.#rcpt(line);
      case 'DATA':
        return this.#data(argument);
      case 'RSET':
        return this.#reset();
      case 'NOOP':
        return this.#idle(OK);
      case 'QUIT':
        return BYE;
      case 'AUTH':
        return this.#auth(argument);
      case 'STARTTLS':
        return this.#startTls(argument);
      case 'VRFY':
        return this.#idle(step(reply(252, '2.0.0', 'Addresses are not verified here; send the message')));
      case 'HELP':
        return this.#idle(step(reply(214, '2.0.0', 'This is Postern, an SMTP relay as in RFC 5321')));
      case 'EXPN':
        return this.#refuse(reply(502, '5.5.1', 'Lists are not expanded here'));
      default:
        return this.#unknown(line);
    }
  }

  /** The end of the content has come. Never rejects. */
  async endOfContent(): Promise<Step> {
    const receiving = this.#receiving;
    const transaction = this.#transaction;
    if (receiving === undefined || transaction === undefined) return close(STOPPING);
    const received = await receiving.finish((content) =>
      acceptedEnvelope(transaction, this.#sender(), this.#context, content),
    );
    this.#receiving = undefined;
    this.#transaction = undefined;
    this.#recordOutcome(received, transaction);
    const { code } = received.reply;
    if (code === 421 || this.#context.stopping()) return { ...step(received.reply), next: 'close' };
    return step(received.reply);
  }

  /** The connection is gone. */
  abandon(): void {
    this.#receiving?.abandon();
    this.#transaction = undefined;
  }

  #recordOutcome({ reply: answer, acceptance, cause }: Received, { client, mail }: Transaction): void {
    const { meters, log } = this.#context;
    const listener = this.#context.settings().name;
    const { code, text } = answer;
    meters.messages.add(1, listener, code < 400 ? 'accepted' : code < 500 ? 'deferred' : 'refused');
    if (acceptance !== undefined) return this.#bounds.accepted();
    if (code >= 500) {
      this.#bounds.error();
      this.#context.onRefused();
    }
    const { address } = this.#peer;
    const told = { listener, address, client: client.name, sender: mail.sender, code };
    log.warn(
      cause === undefined ? told : { ...told, err: errorText(cause) },
      `A message was not taken: ${text}`,
    );
  }

  #greet(verb: 'EHLO' | 'HELO', argument: string): Step {
    const name = argument.split(/[ \t]/, 1)[0] ?? '';
    // Control characters, and marks that nobody sees but that turn the direction of what is shown.
    if (name.length > MAX_GREETING || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) {
      return this.#refuse(reply(501, '5.5.4', `${verb} takes the name of your machine`));
    }
    this.#greeting = ownText(name);
    this.#extended = verb === 'EHLO';
    this.#forgetTransaction();
    const chatter = this.#bounds.chatter();
    if (chatter !== undefined) return this.#cut(chatter, 'flood');
    const hostname = this.#context.hostname();
    if (verb === 'HELO') return { text: `250 ${hostname}\r\n` };
    const { security, maxMessageSize } = this.#context.settings();
    let text =
      `250-${hostname}\r\n250-SIZE ${maxMessageSize}\r\n250-PIPELINING\r\n250-8BITMIME\r\n` +
      '250-SMTPUTF8\r\n250-DSN\r\n';
    if (security === 'starttls' && this.#peer.tls === undefined) text += '250-STARTTLS\r\n';
    if (this.#offersAuth() && this.#user === undefined) text += `250-AUTH ${AUTH_MECHANISMS}\r\n`;
    return { text: `${text}250 ENHANCEDSTATUSCODES\r\n` };
  }

  #mail(line: string): Step {
    const { settings, hostname, policy, accepting, clock } = this.#context;
    const listener = settings();
    if (this.#greeting === undefined) return this.#refuse(GREET_FIRST);
    if (this.#transaction !== undefined) {
      return this.#refuse(reply(503, '5.5.1', 'A message is being sent already; send RSET to begin anew'));
    }
    if (listener.requireTls && this.#peer.tls === undefined && listener.security !== 'none') {
      return this.#refuse(STARTTLS_FIRST);
    }
    if (listener.authentication === 'required' && this.#user === undefined)
      return this.#refuse(SIGN_IN_FIRST);
    if (this.#bounds.messages >= listener.limits.messagesPerConnection) {
      return this.#cut(reply(421, '4.7.0', 'Enough messages in one connection; connect again'), 'flood');
    }
    const client = this.#client(policy()) ?? STRANGER;
    const parsed = parseMail(line, { compatibility: client.compatibility, hostname: hostname() });
    if ('refusal' in parsed) return this.#refuse(parsed.refusal);
    const mail = parsed.value;
    if (mail.size !== undefined && mail.size > listener.maxMessageSize) {
      return this.#refuse(tooLarge(listener.maxMessageSize), 'size');
    }
    const overload = accepting.refusal(mail.size);
    if (overload !== undefined) return this.#defer(replyToRefusal(overload));
    this.#recipientRefused = false;
    this.#transaction = { mail, client, startedAt: clock.monotonic(), recipients: new Map() };
    return SENDER_OK;
  }

  #rcpt(line: string): Step {
    const transaction = this.#transaction;
    if (transaction === undefined) return this.#refuse(MAIL_FIRST);
    const { client, mail, recipients } = transaction;
    const rules = { compatibility: client.compatibility, hostname: this.#context.hostname() };
    const parsed = parseRcpt(line, rules, mail.smtpUtf8);
    if ('refusal' in parsed) return this.#refuseRecipient(parsed.refusal);
    const recipient = parsed.value;
    if (client === STRANGER) {
      return this.#deny(strangerRefusal(this.#peer.address), 'client', transaction, recipient.address);
    }
    if (!client.maySend(mail.sender)) {
      return this.#deny(senderRefusal(mail.sender, client.name), 'sender', transaction, recipient.address);
    }
    // Its domain is lower case already; of the local part only the owner knows whether case matters.
    if (recipients.has(recipient.address)) return RECIPIENT_OK;
    if (recipients.size >= this.#context.settings().limits.recipients) {
      return step(reply(452, '4.5.3', 'Too many recipients; send the message again to the others'));
    }
    recipients.set(recipient.address, recipient);
    return RECIPIENT_OK;
  }

  #data(argument: string): Step {
    if (argument !== '') return this.#refuse(reply(501, '5.5.4', 'DATA takes no argument'));
    const transaction = this.#transaction;
    if (transaction === undefined) return this.#refuse(MAIL_FIRST);
    if (transaction.recipients.size === 0) {
      return this.#refuse(
        this.#recipientRefused
          ? reply(554, '5.5.1', 'No recipient was accepted')
          : reply(503, '5.5.1', 'Send RCPT first'),
      );
    }
    const { accepting } = this.#context;
    const overload = accepting.refusal(transaction.mail.size);
    if (overload !== undefined) return this.#defer(replyToRefusal(overload));
    if (isTooLargeFurtherOn(transaction, this.#context)) return this.#refuse(TOO_LARGE_FURTHER_ON, 'size');
    try {
      this.#receiving = receive(transaction, this.#sender(), this.#context);
    } catch (error) {
      this.#context.log.error({ err: errorText(error) }, 'A message could not be begun');
      return this.#defer(replyToError(error));
    }
    return SEND_CONTENT;
  }

  #sender(): Sender {
    return { peer: this.#peer, greeting: this.#greeting ?? '', extended: this.#extended, user: this.#user };
  }

  #reset(): Step {
    this.#forgetTransaction();
    return this.#idle(OK);
  }

  #startTls(argument: string): Step {
    if (this.#context.settings().security !== 'starttls') return this.#unknown('STARTTLS');
    if (argument !== '') return this.#refuse(reply(501, '5.5.4', 'STARTTLS takes no argument'));
    if (this.#peer.tls !== undefined) return this.#refuse(reply(503, '5.5.1', 'TLS is in use already'));
    return TLS_READY;
  }

  #offersAuth(): boolean {
    const { authentication, security } = this.#context.settings();
    return authentication !== 'none' && (security === 'none' || this.#peer.tls !== undefined);
  }

  #auth(argument: string): Step | Promise<Step> {
    if (this.#context.settings().authentication === 'none') {
      return this.#refuse(reply(502, '5.5.1', 'Signing in is not offered on this listener'));
    }
    if (!this.#offersAuth()) {
      return this.#refuse(reply(538, '5.7.11', 'Passwords are taken over TLS only; issue STARTTLS first'));
    }
    if (this.#greeting === undefined) return this.#refuse(GREET_FIRST);
    if (this.#user !== undefined) return this.#refuse(reply(503, '5.5.1', 'You are signed in already'));
    if (this.#transaction !== undefined) {
      return this.#refuse(reply(503, '5.5.1', 'Sign in before sending a message'));
    }
    return this.#authStep(beginAuth(argument));
  }

  #continueAuth(answer: (line: string) => AuthStep, line: string): Step | Promise<Step> {
    this.#awaiting = undefined;
    return this.#authStep(answer(line));
  }

  #authStep(next: AuthStep): Step | Promise<Step> {
    switch (next.kind) {
      case 'challenge':
        this.#awaiting = next.answer;
        return { text: `334 ${next.text}\r\n` };
      case 'refused':
        return this.#refuse(next.reply);
      case 'credentials':
        return this.#checkPassword(next.user, next.password);
    }
  }

  async #checkPassword(user: string, password: string): Promise<Step> {
    const refusal = await this.#context.signIn.attempt(this.#peer.address, user, password);
    if (refusal === undefined) {
      this.#user = user;
      return step(reply(235, '2.7.0', 'Signed in'));
    }
    if (refusal.code >= 500) this.#context.onRefused();
    const enough = this.#bounds.failedSignIn();
    return enough === undefined ? this.#refuse(refusal, 'sign-in') : this.#cut(enough, 'sign-in');
  }

  #client(policy: ReturnType<ListenerContext['policy']>): ClientPolicy | undefined {
    if (this.#user !== undefined) return policy.byUser(this.#user);
    const { bits } = this.#peer;
    return bits === undefined ? undefined : policy.byAddress(bits);
  }

  #deny(
    refusal: SmtpReply,
    reason: 'client' | 'sender',
    { mail: { sender }, client }: Transaction,
    recipient: string,
  ): Step {
    const { denied, settings, onRefused } = this.#context;
    denied.note({
      address: this.#peer.address,
      greeting: this.#greeting ?? '',
      sender,
      recipient,
      reason: refusal.text,
      client: client.name,
      listener: settings().name,
    });
    // The further recipients of a transaction belong to the same refusal.
    if (!this.#recipientRefused) onRefused();
    this.#recipientRefused = true;
    return this.#refuse(refusal, reason);
  }

  #refuseRecipient(refusal: SmtpReply): Step {
    this.#recipientRefused = true;
    return this.#refuse(refusal);
  }

  #unknown(line: string): Step {
    // Web pages can make a browser speak to us; it must not get as far as a command of its own making.
    if (/^[A-Z]+ \S+ HTTP\/\d/i.test(line)) {
      return this.#cut(reply(554, '5.5.1', 'This is a mail server, not a web server'), 'talked-first');
    }
    return this.#refuse(reply(500, '5.5.1', 'The command is not known'));
  }

  /** A command that moves nothing forward. */
  #idle(answer: Step): Step {
    const flood = this.#bounds.chatter();
    return flood === undefined ? answer : this.#cut(flood, 'flood');
  }

  #refuse(answer: SmtpReply, reason?: RefusalReason): Step {
    if (reason !== undefined) this.#count(reason);
    if (reason === 'size') this.#context.onRefused();
    const enough = this.#bounds.error();
    return enough === undefined ? step(answer) : { text: wireText(answer) + wireText(enough), next: 'close' };
  }

  /** Not the client's fault, so it does not count against it. */
  #defer(answer: SmtpReply): Step {
    this.#count('overload');
    return answer.code === 421 ? close(answer) : step(answer);
  }

  #cut(answer: SmtpReply, reason: RefusalReason): Step {
    this.#count(reason);
    return close(answer);
  }

  #count(reason: RefusalReason): void {
    this.#context.meters.refusals.add(1, this.#context.settings().name, reason);
  }

  #forgetTransaction(): void {
    this.#transaction = undefined;
    this.#recipientRefused = false;
  }
}
