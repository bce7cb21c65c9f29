/**
 * The request path: every request of every surface passes here, top to bottom.
 *
 *   classify ─▶ verify ─▶ read ─▶ gather ─▶ decide ─▶ commit ─▶ issue ─▶ forward
 *
 * A failure at any step becomes a recorded refusal. Nothing is forwarded before its record is
 * durable, and between `commit` and `forward` only signing happens.
 */
import { allows, type Decision, type Deny } from '../core/decision.ts'
import type { Facts } from '../core/facts.ts'
import type { Caller } from '../core/identity.ts'
import type { DecisionId, Digest, NewId } from '../core/ids.ts'
import { SIGN_DEADLINE_MS } from '../core/limits.ts'
import type {
  Asked,
  Classified,
  Forwarded,
  Handle,
  InboundCall,
  Permit,
  Refusal,
  Release,
  Reply,
  RequestPath,
  SurfacePort,
} from '../core/path.ts'
import type { Clock } from '../core/clock.ts'
import type { Context, Question } from '../core/question.ts'
import { reason, type Reason } from '../core/reason.ts'
import type { Outcome } from '../core/record.ts'
import type { Result } from '../core/result.ts'
import { BrokenCall } from './broken-call.ts'
import { changesOf, preconditionsOf, usedUp } from './changes.ts'
import { decisionDraft, outcomeDraft, refusalDraft, type Attempt } from './draft.ts'
import type { RecordStranger } from './stranger-log.ts'

export type HandleDeps = RequestPath & {
  readonly clock: Clock
  readonly newId: NewId
  readonly environment: string
  /** SHA-256 of the text's UTF-8, as `sha256:<base64url>`. */
  readonly digest: (text: string) => Digest
  /** Records refusals of callers we do not know, bounded per source (SECURITY 23). */
  readonly recordStranger: RecordStranger
  /** Told when an outcome could not be recorded; the effect it describes has already happened. */
  readonly outcomeLost: (decisionId: DecisionId, why: Reason) => void
}

/**
 * Makes the request path for one surface. It answers every call, and denies what it cannot place.
 * A step that throws is a bug of ours (STYLE 3): the call ends there, its record says so where one
 * can be written, and a `BrokenCall` goes on to the process edge, which answers 500.
 */
export const createHandle =
  <C extends Classified, A extends Asked>(deps: HandleDeps, surface: SurfacePort<C, A>): Handle =>
  async (call) => {
    const id = deps.newId() as DecisionId
    const attempt: Attempt = { call, id, surface: surface.name, caller: null, asked: null }
    const progress: Progress = { attempt, reached: 'classify' }
    try {
      return answer(await walk(deps, surface, progress), id)
    } catch (error) {
      await recordBroken(deps, progress)
      throw new BrokenCall(id, error)
    }
  }

async function walk<C extends Classified, A extends Asked>(
  deps: HandleDeps,
  surface: SurfacePort<C, A>,
  progress: Progress,
): Promise<Reply> {
  const { attempt } = progress
  const { call, id } = attempt
  const classified = surface.classify(call)
  if (!classified.ok) {
    recordStranger(deps, progress, classified.error)
    return surface.refuse(call, null, refusal(id, 'classify', classified.error))
  }
  const refuse = (refused: Refusal): Reply => surface.refuse(call, classified.value, refused)

  const caller = await deps.verify(call, classified.value)
  if (!caller.ok) {
    recordStranger(deps, progress, caller.error)
    return refuse(refusal(id, 'verify', caller.error))
  }
  progress.attempt = { ...attempt, caller: caller.value }

  const asked = await surface.read(call, classified.value, caller.value)
  if (!asked.ok) return refuse(await recorded(deps, progress, refusal(id, 'read', asked.error)))
  const understood: Attempt = { ...progress.attempt, asked: asked.value }
  progress.attempt = understood

  const release = deps.release()
  const facts = await deps.gather(caller.value, asked.value, release)
  if (!facts.ok) return refuse(await recorded(deps, progress, refusal(id, 'gather', facts.error)))

  const context = contextOf(deps, call, surface, caller.value, asked.value)
  const decisions = decideAll(deps, release, caller.value, asked.value, context, facts.value)
  const denied = asked.value.kind === 'call' ? denialOf(decisions) : null
  const decided = { attempt: understood, context, facts: facts.value, release, decisions, denied }
  const draft = decisionDraft(decided, deps.clock.now(), deps.digest)
  progress.reached = 'commit'
  const receipt = await deps.commit(
    draft,
    denied === null ? changesOf(caller.value, asked.value) : usedUp(caller.value),
    denied === null ? preconditionsOf(caller.value, asked.value) : [],
  )
  progress.reached = receipt.ok && denied === null ? 'issue' : 'refused'
  if (denied !== null && !isReplayed(receipt))
    return refuse({ ...refusal(id, 'decide', denied.reasons[0]), decision: denied })
  if (!receipt.ok) return refuse(refusal(id, 'commit', receipt.error))

  const permit: Permit<A> = {
    decisionId: id,
    caller: caller.value,
    asked: asked.value,
    decisions,
    receipt: receipt.value,
  }
  const credential = await deps.issue(permit)
  const late = deps.clock.now() - receipt.value.at > SIGN_DEADLINE_MS
  if (!credential.ok || late) {
    const why = credential.ok ? reason('stale', 'signing took too long') : credential.error
    progress.reached = 'refused'
    recordOutcome(deps, understood, NOT_SENT)
    return refuse(refusal(id, 'issue', why))
  }
  progress.reached = 'forward'
  const forwarded = await surface.forward(call, classified.value, permit, credential.value)
  progress.reached = 'refused'
  return observed(deps, understood, forwarded)
}

/**
 * How far a call came, for the record of one that breaks off: up to `commit` nothing was released,
 * at `issue` the record is durable and nothing was sent, at `forward` a byte may have left, and
 * after `refused` the record already says all there is.
 */
type Progress = {
  attempt: Attempt
  reached: 'classify' | 'commit' | 'issue' | 'forward' | 'refused'
}

const BROKEN: Reason = reason('evaluation_error', 'the call could not be carried out')

/** Never throws: what cannot be recorded must not hide why the call broke off. */
async function recordBroken(deps: HandleDeps, progress: Progress): Promise<void> {
  const { attempt, reached } = progress
  try {
    switch (reached) {
      case 'classify':
      case 'commit':
        if (attempt.caller === null) return recordStranger(deps, progress, BROKEN)
        await deps.commit(refusalDraft(attempt, BROKEN, deps.clock.now()), [], [])
        return
      case 'issue':
        return recordOutcome(deps, attempt, NOT_SENT)
      case 'forward':
        return recordOutcome(deps, attempt, UNKNOWN)
      case 'refused':
    }
  } catch {
    // The ledger is part of what is broken; the call is denied all the same.
  }
}

const NOT_SENT: Outcome = {
  effect: 'not_sent',
  status: 0,
  bytesSent: 0,
  durationMs: 0,
  responseHash: null,
  ended: 'refused',
}

/** Something broke while a byte may have left: nobody knows what the upstream did. */
const UNKNOWN: Outcome = { ...NOT_SENT, effect: 'unknown', ended: 'upstream_error' }

const refusal = (decisionId: DecisionId, at: Refusal['at'], why: Reason): Refusal => ({
  decisionId,
  at,
  reason: why,
  decision: null,
})

function recordStranger(deps: HandleDeps, progress: Progress, why: Reason): void {
  progress.reached = 'refused'
  deps.recordStranger(refusalDraft(progress.attempt, why, deps.clock.now()))
}

/**
 * A refusal stands whether or not it could be recorded: it releases nothing. What the credential
 * used up stays used up, so that a refused request cannot be sent again to learn more.
 */
async function recorded(deps: HandleDeps, progress: Progress, refused: Refusal): Promise<Refusal> {
  const { attempt } = progress
  const draft = refusalDraft(attempt, refused.reason, deps.clock.now())
  progress.reached = 'commit'
  const receipt = await deps.commit(draft, usedUp(attempt.caller), [])
  progress.reached = 'refused'
  return isReplayed(receipt) ? refusal(attempt.id, 'commit', receipt.error) : refused
}

const isReplayed = <T>(receipt: Result<T, Reason>): receipt is { ok: false; error: Reason } =>
  !receipt.ok && receipt.error.code === 'replayed'

function contextOf(
  deps: HandleDeps,
  call: InboundCall,
  surface: { readonly name: Context['surface'] },
  caller: Caller,
  asked: Asked,
): Context {
  return {
    time: call.receivedAt,
    surface: surface.name,
    runId: caller.kind === 'instance' ? caller.run : null,
    clientRunId: asked.clientRunId,
    environment: deps.environment,
    clientInfo: asked.clientInfo,
  }
}

function decideAll(
  deps: HandleDeps,
  release: Release,
  caller: Caller,
  asked: Asked,
  context: Context,
  facts: Facts,
): readonly Decision[] {
  const question = (ask: Question['ask']): Question => ({ caller, ask, context })
  if (asked.kind !== 'list')
    return asked.asks.map((ask) => deps.decide(release, question(ask), facts))
  return asked.asks.map((ask) => (deps.visible(release, question(ask), facts) ? SHOWN : HIDDEN))
}

// A list's entries are shown or hidden; what is shown may still be denied when it is called.
const SHOWN: Decision = { effect: 'allow', basis: [], policy: null, obligations: [], advice: [] }
const HIDDEN: Decision = {
  effect: 'deny',
  reasons: [reason('forbidden_by_policy', 'no arguments could make it allowed')],
  basis: [],
  policy: null,
  remedies: [],
  visible: false,
}

/**
 * The denial that speaks for the whole call. One that hides what it is about comes first, so that
 * a visible denial beside it does not tell that the hidden thing exists (SECURITY 17). An empty
 * list of asks is not an allow: a call that asks for nothing is refused.
 */
function denialOf(decisions: readonly Decision[]): Deny | null {
  if (decisions.length === 0) return NOTHING_ASKED
  const denials = decisions.filter((decision) => !allows(decision))
  return denials.find((denial) => !denial.visible) ?? denials[0] ?? null
}

const NOTHING_ASKED: Deny = {
  effect: 'deny',
  reasons: [reason('unsupported', 'the request asks for nothing that can be decided')],
  basis: [],
  policy: null,
  remedies: [],
  visible: true,
}

/** Records what became of a released call: at once, or when its streamed body has ended. */
function observed(deps: HandleDeps, attempt: Attempt, forwarded: Forwarded): Reply {
  const { reply, outcome } = forwarded
  const { body } = reply
  if (outcome !== null) recordOutcome(deps, attempt, outcome)
  if (outcome !== null || typeof body !== 'function') return reply
  return {
    ...reply,
    body: async (sink) => {
      let ended = UNKNOWN
      try {
        ended = await body(sink)
        return ended
      } finally {
        recordOutcome(deps, attempt, ended)
      }
    },
  }
}

/** Never awaited: an outcome does not delay the reply of an effect that has already been made. */
function recordOutcome(deps: HandleDeps, attempt: Attempt, outcome: Outcome): void {
  const lost = (why: Reason): void => deps.outcomeLost(attempt.id, why)
  const draft = outcomeDraft(attempt, outcome, deps.newId(), deps.clock.now())
  deps.commit(draft, [], []).then(
    (receipt) => (receipt.ok ? undefined : lost(receipt.error)),
    () => lost(reason('evidence_unavailable', 'the ledger failed')),
  )
}

/** Every reply names its decision. */
const answer = (reply: Reply, id: DecisionId): Reply => ({
  ...reply,
  headers: { ...reply.headers, 'reeve-decision-id': id },
})
