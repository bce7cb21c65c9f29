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
import { changesOf, preconditionsOf } from './changes.ts'
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

/** Makes the request path for one surface. Total: it answers every call, and denies what it cannot place. */
export const createHandle =
  <C extends Classified, A extends Asked>(deps: HandleDeps, surface: SurfacePort<C, A>): Handle =>
  async (call) => {
    const id = deps.newId() as DecisionId
    const attempt: Attempt = { call, id, surface: surface.name, caller: null, asked: null }

    const classified = surface.classify(call)
    if (!classified.ok) {
      deps.recordStranger(refusalDraft(attempt, classified.error, deps.clock.now()))
      return answer(surface.refuse(call, null, refusal(id, 'classify', classified.error)), id)
    }
    const refuse = (refused: Refusal): Reply =>
      answer(surface.refuse(call, classified.value, refused), id)

    const caller = await deps.verify(call, classified.value)
    if (!caller.ok) {
      deps.recordStranger(refusalDraft(attempt, caller.error, deps.clock.now()))
      return refuse(refusal(id, 'verify', caller.error))
    }
    const known: Attempt = { ...attempt, caller: caller.value }

    const asked = await surface.read(call, classified.value, caller.value)
    if (!asked.ok) return refuse(await recorded(deps, known, refusal(id, 'read', asked.error)))
    const understood: Attempt = { ...known, asked: asked.value }

    const release = deps.release()
    const facts = await deps.gather(caller.value, asked.value, release)
    if (!facts.ok) return refuse(await recorded(deps, understood, refusal(id, 'gather', facts.error)))

    const context = contextOf(deps, call, surface, caller.value, asked.value)
    const decisions = decideAll(deps, release, caller.value, asked.value, context, facts.value)
    const denied = asked.value.kind === 'call' ? denialOf(decisions) : null
    const decided = { attempt: understood, context, facts: facts.value, release, decisions, denied }
    const receipt = await deps.commit(
      decisionDraft(decided, deps.clock.now(), deps.digest),
      denied === null ? changesOf(caller.value, asked.value) : [],
      denied === null ? preconditionsOf(caller.value) : [],
    )
    if (denied !== null) return refuse({ ...refusal(id, 'decide', denied.reasons[0]), decision: denied })
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
      recordOutcome(deps, understood, NOT_SENT)
      return refuse(refusal(id, 'issue', why))
    }
    const forwarded = await surface.forward(call, classified.value, permit, credential.value)
    return answer(observed(deps, understood, forwarded), id)
  }

const NOT_SENT: Outcome = {
  effect: 'not_sent',
  status: 0,
  bytesSent: 0,
  durationMs: 0,
  responseHash: null,
  ended: 'refused',
}

const refusal = (decisionId: DecisionId, at: Refusal['at'], why: Reason): Refusal => ({
  decisionId,
  at,
  reason: why,
  decision: null,
})

/** A refusal stands whether or not it could be recorded: it releases nothing. */
async function recorded(deps: HandleDeps, attempt: Attempt, refused: Refusal): Promise<Refusal> {
  await deps.commit(refusalDraft(attempt, refused.reason, deps.clock.now()), [], [])
  return refused
}

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
  if (asked.kind !== 'list') return asked.asks.map((ask) => deps.decide(release, question(ask), facts))
  return asked.asks.map((ask) =>
    deps.visible(release, question(ask), facts) ? SHOWN : HIDDEN,
  )
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
  if (outcome !== null) {
    recordOutcome(deps, attempt, outcome)
    return reply
  }
  const { body } = reply
  if (typeof body !== 'function') return reply
  return {
    ...reply,
    body: async (sink) => {
      const ended = await body(sink)
      recordOutcome(deps, attempt, ended)
      return ended
    },
  }
}

/** Never awaited: an outcome does not delay the reply of an effect that has already been made. */
function recordOutcome(deps: HandleDeps, attempt: Attempt, outcome: Outcome): void {
  const draft = outcomeDraft(attempt, outcome, deps.newId(), deps.clock.now())
  void deps.commit(draft, [], []).then((receipt) => {
    if (!receipt.ok) deps.outcomeLost(attempt.id, receipt.error)
  })
}

/** Every reply names its decision. */
const answer = (reply: Reply, id: DecisionId): Reply => ({
  ...reply,
  headers: { ...reply.headers, 'reeve-decision-id': id },
})
