/**
 * What a route is: a row of a table that declares who may call it and what goes in and out. app.ts turns rows into
 * Express handlers; the guard test reads them; later the description of the API is made from them.
 */
import { z } from 'zod';
import type { AuditEvent } from '../access/audit.ts';
import type { Caller } from '../access/caller.ts';
import type { Permission } from '../access/permissions.ts';
import { checked } from './checked.ts';

/** `public`: anyone who reaches the address. `signed-in`: any user with a session. A permission: users and tokens that hold it. */
export type Access = 'public' | 'signed-in' | Permission;

/** A request before it is checked. */
export interface RawCall {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** Who, for the journal and the history of the settings. */
  readonly by: string;
  /** Who, and what they may do; nobody where the route is public. */
  readonly caller: Caller;
  /** The `If-Match` header. */
  readonly ifMatch: string | undefined;
  /** The `Accept-Encoding` header. */
  readonly acceptEncoding: string | undefined;
  /** The `Cookie` header. */
  readonly cookie: string | undefined;
  /** The `User-Agent` header; empty where there is none. */
  readonly agent: string;
  /** Where the request comes from; behind a trusted proxy, where that has it from. */
  readonly address: string;
  /** It came over https, to us or to a trusted proxy in front: cookies may ask for that. */
  readonly secure: boolean;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
}

export interface Call<P, Q, B> extends RawCall {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
}

/** What a handler answers; exactly one of `json`, `text` and `chunks`. */
export interface Reply<A = unknown> {
  /** 200 if absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly json?: A;
  readonly text?: string;
  /** Sent as they come; the headers have to name type and length. */
  readonly chunks?: AsyncIterable<Uint8Array>;
  /** Cuts `chunks` off when it aborts, even while the caller does not read. */
  readonly cut?: AbortSignal;
  /** Called in place of reading `chunks` when nobody waits for them any more. */
  readonly discard?: () => Promise<void>;
}

/** What the audit trail keeps of a call, beside who, when and from where. No secret may be in it. */
export type AuditNote = Pick<AuditEvent, 'action' | 'subject' | 'text' | 'changes'>;

/**
 * How a call that went well is recorded. A function makes the entry, or none where nothing was changed after all. `read-only`: changes
 * nothing, although its method could. `itself`: the handler records, since it knows more, or fails on purpose.
 */
export type Recorded<C, R> =
  | 'read-only'
  | 'itself'
  | ((done: {
      readonly call: C;
      readonly reply: R;
    }) => AuditNote | undefined | Promise<AuditNote | undefined>);

/** Stores the note that is made for a call; a note that cannot be made is logged and undoes nothing. */
export type RecordCall = (note: () => Noted) => Promise<void>;
type Noted = AuditNote | undefined | Promise<AuditNote | undefined>;

/** What the description of the API says of a route beside its schemas. What its handler does has to agree with it. */
export interface RouteShape {
  /** Name of the operation; made from method and path if absent. */
  readonly operation?: string;
  /** Statuses of good answers; 200 alone if absent. */
  readonly statuses?: readonly number[];
  /** Media type of a good answer that is not JSON. */
  readonly mediaType?: string;
  /** One line or event, where the answer is a stream of them. */
  readonly item?: z.ZodType;
  /** Statuses of refusals of its own, beside those that follow from access, path and body. */
  readonly refusals?: readonly number[];
  /** A file of the page, which the description leaves out. */
  readonly ofThePage?: boolean;
  /** A good answer has an `ETag`. */
  readonly etag?: boolean;
  /** The request needs `If-Match`. */
  readonly ifMatch?: boolean;
}

export interface Route {
  readonly method: 'get' | 'put' | 'post' | 'patch' | 'delete';
  readonly path: string;
  readonly access: Access;
  /** What it does, in a sentence. */
  readonly summary: string;
  readonly request: {
    readonly params: z.ZodType;
    readonly query: z.ZodType;
    readonly body: z.ZodType;
  };
  /** The JSON of a good answer; absent for routes that answer with something else. */
  readonly answer: z.ZodType | undefined;
  readonly api: RouteShape;
  /** Milliseconds until the caller is told that it took too long. */
  readonly deadline: number;
  /** Whether its calls are recorded in the audit trail, and by whom; every route declares it that is no GET. */
  readonly audit: 'read-only' | 'itself' | 'recorded' | undefined;
  /** Checks the call and answers it; `record` is called once the change is made and before the answer. It never throws. */
  handle(call: RawCall, record?: RecordCall): Promise<Reply>;
}

interface RouteDefinition<P, Q, B, A> {
  readonly method: Route['method'];
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly params: z.ZodType<P>;
  readonly query: z.ZodType<Q>;
  readonly body: z.ZodType<B>;
  readonly answer?: z.ZodType<unknown, A>;
  /** Needed where a good answer is anything but 200 with the JSON of `answer`. */
  readonly api?: RouteShape;
  readonly deadline?: number;
  readonly audit?: Recorded<Call<P, Q, B>, Reply<A>>;
  handle(call: Call<P, Q, B>): Promise<Reply<A>> | Reply<A>;
}

const DEADLINE = 30_000;

/** For the parts of a request that a route has no use for: whatever is in them is a mistake, and said to be one. */
export const nothing = z.strictObject({}).optional();

/** Declares a route. The answer goes through its schema too, so that nothing leaves that the contract does not name. */
export function route<P, Q, B, A>(definition: RouteDefinition<P, Q, B, A>): Route {
  const { method, path, access, summary, params, query, body, answer, audit } = definition;
  const { deadline = DEADLINE, api = {} } = definition;
  return {
    method,
    path,
    access,
    summary,
    request: { params, query, body },
    answer,
    api,
    deadline,
    audit: typeof audit === 'function' ? 'recorded' : audit,
    async handle(raw, record) {
      const call = { ...raw, ...checked({ params, query, body }, raw) };
      const reply = await definition.handle(call);
      if (typeof audit === 'function') await record?.(async () => audit({ call, reply }));
      if (answer === undefined || reply.json === undefined) return reply;
      return { ...reply, json: answer.parse(reply.json) };
    },
  };
}
