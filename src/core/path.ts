/**
 * The request path as function types. Everything enters as an `InboundCall` and leaves as a
 * `Reply`; `gateway/handle.ts` calls these steps in the order in which they stand here.
 *
 * `classify` and `read` together say what is asked: `classify` from the request line and headers
 * alone, `read` from the body, and only for a caller that `verify` accepted (SECURITY 13).
 */
import type { Change, Precondition } from './change.ts'
import type { EpochMillis } from './clock.ts'
import type { Decision } from './decision.ts'
import type { Facts } from './facts.ts'
import type { Caller, Principal } from './identity.ts'
import type { Audience, DecisionId, Digest, TenantId, TokenId } from './ids.ts'
import type { Json, JsonObject } from './json.ts'
import type { Ask, Question, Surface } from './question.ts'
import type { Reason } from './reason.ts'
import type { Outcome, Receipt, RecordDraft } from './record.ts'
import type { Result } from './result.ts'

/** A request as it came in. Header names are lower case; a repeated header is joined with `, `. */
export type InboundCall = {
  readonly tenant: TenantId
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  /** Network address of the peer, never taken from a header. */
  readonly source: string
  readonly receivedAt: EpochMillis
  /** Reads the whole body, at most `bytesMax`; more is `malformed`. Called at most once. */
  readonly body: (bytesMax: number) => Promise<Result<Uint8Array, Reason>>
  /** Aborted when the client went away. */
  readonly signal: AbortSignal
}

/** Where a streamed reply goes. `write` waits while the client reads slower than we send. */
export type Sink = { readonly write: (chunk: Uint8Array) => Promise<void> }

/** What goes back: whole, or written to a sink as it arrives from upstream. */
export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | ((sink: Sink) => Promise<Outcome>)
}

/** What the request line and headers tell: which surface, which kind of caller, which audience. */
export type Classified = {
  readonly surface: Surface
  readonly expects: Caller['kind']
  /** Where a token must be good; null where the credential is not one of our instance tokens. */
  readonly audience: Audience | null
}

/** What is asked, understood in full. */
export type Asked = {
  /**
   * `call`: every ask must be allowed, then the call is forwarded.
   * `list`: each ask that could be allowed is shown.
   * `check`: each ask is answered; the answer itself is always given.
   */
  readonly kind: 'call' | 'list' | 'check'
  readonly asks: readonly Ask[]
  /** `<server>/<tool>` or `<provider>/<model>`, for the record. */
  readonly tool: string | null
  readonly purpose: string | null
  readonly clientRunId: string | null
  readonly clientInfo: Json
  readonly requestHash: Digest | null
  /** What the request itself changes when it is allowed (a session ended, a tool pinned). */
  readonly changes: readonly Change[]
  /** The token that `issue` signs for the caller, when that is what was asked. */
  readonly mints: TokenId | null
  /** The principal as a decision caller sent it; only for policy-only answers (SECURITY 5). */
  readonly asserted?: Principal
  /** Verified claims that came beside it, as policies see them (`request.auxData`). */
  readonly auxData?: JsonObject
}

/** Why a call is not carried out, with everything that a surface needs to say so in its own way. */
export type Refusal = {
  readonly decisionId: DecisionId
  readonly at: 'classify' | 'verify' | 'read' | 'gather' | 'decide' | 'commit' | 'issue'
  readonly reason: Reason
  /** Present when policy denied: remedies, policy, and whether the caller may know that it exists. */
  readonly decision: Extract<Decision, { effect: 'deny' }> | null
}

/** An allowed call whose record is durable. */
export type Permit<A extends Asked = Asked> = {
  readonly decisionId: DecisionId
  readonly caller: Caller
  readonly asked: A
  /** One per ask, in order. */
  readonly decisions: readonly Decision[]
  readonly receipt: Receipt
}

/** What `issue` gives to `forward` for the upstream or for the caller. Never logged or recorded. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'token'
      readonly token: string
      readonly id: TokenId
      readonly expiresInSeconds: number
    }

/** The reply, and what became of the call unless a streamed body reports that at its end. */
export type Forwarded = { readonly reply: Reply; readonly outcome: Outcome | null }

/** An immutable, digested set of policies. The decision point knows more of it than the path. */
export type Release = { readonly digest: Digest }

/** What is asked, as far as the request line and headers tell; the body is not read yet. */
export type Classify<C extends Classified> = (call: InboundCall) => Result<C, Reason>

/** Who asks and for whom: signature, times, audience and proof of the credential. */
export type Verify = (call: InboundCall, classified: Classified) => Promise<Result<Caller, Reason>>

/** What is asked, in full, from the bounded body of a caller that was verified (SECURITY 13, 14). */
export type Read<C extends Classified, A extends Asked> = (
  call: InboundCall,
  classified: C,
  caller: Caller,
) => Promise<Result<A, Reason>>

/** Only the facts that the release needs for this caller and these asks. */
export type Gather = (
  caller: Caller,
  asked: Asked,
  release: Release,
) => Promise<Result<Facts, Reason>>

/** Synchronous, pure and total: the same release, question and facts give the same decision. */
export type Decide = (release: Release, question: Question, facts: Facts) => Decision

/**
 * Whether some arguments could make this ask allowed: `decide` with the arguments unknown, by the
 * same policies, so that what is listed and what may be called cannot drift apart (SECURITY 16).
 */
export type Visible = (release: Release, question: Question, facts: Facts) => boolean

/**
 * The point of no return (SECURITY 12): one transaction that compares the preconditions again,
 * applies the changes and appends the record. A precondition or change that fails appends the
 * refusal instead and returns its reason; when nothing could be made durable the reason is
 * `evidence_unavailable`.
 */
export type Commit = (
  draft: RecordDraft,
  changes: readonly Change[],
  preconditions: readonly Precondition[],
) => Promise<Result<Receipt, Reason>>

/** Signs what the record named; it neither reads nor changes state. */
export type Issue = (permit: Permit) => Promise<Result<Credential, Reason>>

/** Carries the permitted call out and brings the reply, enforcing the obligations of the allow. */
export type Forward<C extends Classified, A extends Asked> = (
  call: InboundCall,
  classified: C,
  permit: Permit<A>,
  credential: Credential,
) => Promise<Forwarded>

/** Says a refusal in the surface's own words (CONTRACTS 4). `classified` is null when that failed. */
export type Refuse<C extends Classified> = (
  call: InboundCall,
  classified: C | null,
  refusal: Refusal,
) => Reply

/** One door of the gateway: what differs from protocol to protocol. */
export type SurfacePort<C extends Classified = Classified, A extends Asked = Asked> = {
  readonly name: Surface
  readonly classify: Classify<C>
  readonly read: Read<C, A>
  readonly refuse: Refuse<C>
  readonly forward: Forward<C, A>
}

/** What every surface shares. */
export type RequestPath = {
  readonly verify: Verify
  readonly release: () => Release
  readonly gather: Gather
  readonly decide: Decide
  readonly visible: Visible
  readonly commit: Commit
  readonly issue: Issue
}

/** The whole path: never throws for what a caller can cause, and always answers. */
export type Handle = (call: InboundCall) => Promise<Reply>
