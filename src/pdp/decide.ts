import { canonicalJson } from '../core/canonical-json.ts'
import type { Allow, Deny, Obligation, PolicyRef, Remedy } from '../core/decision.ts'
import type { Facts } from '../core/facts.ts'
import type { Decide } from '../core/path.ts'
import type { Question } from '../core/question.ts'
import type { Reason } from '../core/reason.ts'
import { reason } from '../core/reason.ts'
import type { CompiledRelease } from '../policy/release.ts'
import { argumentsRemedy } from './arguments-remedy.ts'
import { denialMessage } from './denial-message.ts'
import type { Judgement, PolicyFinding } from './judge.ts'
import {
  basisOf,
  compiledOf,
  factorsHold,
  judge,
  policiesHold,
  policiesMightHold,
} from './judge.ts'
import { nearMiss } from './near-miss.ts'
import { unknownMembers } from './unknown-members.ts'
import type { Denial } from './verdict.ts'

/**
 * Decides one ask by the whole formula (SECURITY 1): guardrails and policies for the subject and for
 * every agent of the chain, and epochs, standing, sponsors, subject, token, grants and limits beside
 * them. Every factor is evaluated and listed in `basis`; one that is missing is false.
 *
 * Synchronous, pure and total. `deny` gives its reasons in a fixed order: epochs and standing,
 * sponsor, subject, token, grant, guardrails, policies. Policy errors are `evaluation_error`, running
 * out of steps is `evaluation_limit`; without any policies the reason is `policy_unavailable`.
 */
export const decide: Decide = (release, question, facts) => {
  const compiled = compiledOf(release)
  const judgement = judge(compiled, question, facts, EVERYTHING_KNOWN)
  if (factorsHold(judgement) && policiesHold(judgement))
    return allowed(question, judgement) ?? unsupported(question, facts, compiled, judgement)
  return denied(compiled, question, facts, judgement)
}

const EVERYTHING_KNOWN: readonly string[] = []

/** Null when it obliges to something that nobody enforces. */
function allowed(question: Question, judgement: Judgement): Allow | null {
  const last = judgement.policies.at(-1)?.verdict
  const policy = last?.effect === 'allow' ? last.ref : null
  const obligations = united(judgement, 'obligations')
  // No surface of ours enforces any kind; a policy-only answer hands them on to its caller.
  if (obligations.length > 0 && question.caller.kind !== 'decision_caller') return null
  const advice = united(judgement, 'advice')
  return { effect: 'allow', basis: basisOf(judgement), policy, obligations, advice }
}

/** What every principal's allow carries, each once. */
function united(judgement: Judgement, what: 'obligations' | 'advice'): readonly Obligation[] {
  const all: Obligation[] = []
  for (const { verdict } of judgement.policies)
    if (verdict?.effect === 'allow') for (const one of verdict[what]) all.push(one)
  if (all.length === 0) return all
  return [...new Map(all.map((one) => [canonicalJson([one.kind, one.value]), one])).values()]
}

function unsupported(
  question: Question,
  facts: Facts,
  release: CompiledRelease,
  judgement: Judgement,
): Deny {
  const kinds = [...new Set(united(judgement, 'obligations').map(({ kind }) => `\`${kind}\``))]
  const detail = `the allow obliges to ${kinds.join(', ')}, which is not enforced here`
  return {
    effect: 'deny',
    reasons: [reason('obligation_unsupported', detail)],
    basis: basisOf(judgement),
    policy: judgement.policies.at(-1)?.verdict?.ref ?? null,
    remedies: [],
    visible: mayKnow(release, question, facts),
  }
}

function denied(
  release: CompiledRelease,
  question: Question,
  facts: Facts,
  judgement: Judgement,
): Deny {
  const isVisible = question.caller.kind === 'decision_caller' || mayKnow(release, question, facts)
  const explained = judgement.policies.flatMap(explain)
  const remediable = isVisible && factorsHold(judgement)
  const remedy = remediable ? remedyOf(release, question, facts, judgement) : null
  return {
    effect: 'deny',
    reasons: reasonsOf(release, judgement, explained),
    basis: basisOf(judgement),
    policy: explained[0]?.policy ?? null,
    remedies: remedy === null ? [] : [remedy],
    visible: isVisible,
  }
}

/**
 * Whether the caller may know that what it asked for exists (SECURITY 17): as far as grants and
 * policies go. Revocation, sponsor and the like say nothing about the resource, and hide nothing.
 */
function mayKnow(release: CompiledRelease, question: Question, facts: Facts): boolean {
  const judgement = judge(release, question, facts, unknownMembers(question.ask.resource))
  const granted = judgement.findings.every(
    ({ basis, reason: why }) => basis.factor !== 'grant' || why === null,
  )
  return granted && policiesMightHold(judgement)
}

/** An approval where all that is missing is one, else other arguments. */
function remedyOf(
  release: CompiledRelease,
  question: Question,
  facts: Facts,
  judgement: Judgement,
): Remedy | null {
  if (!policiesMightHold(judgement)) return argumentsRemedy(release, question, facts, judgement)
  const waiting = judgement.policies.find(({ verdict }) => verdict?.effect === 'deny')?.verdict
  const rule = waiting?.effect === 'deny' ? waiting.rule : null
  const who = rule?.approval?.by ?? 'sponsor'
  return { kind: 'approval', who, retry: 'same call, after approval' }
}

type Explanation = {
  readonly reason: Reason
  readonly policy: PolicyRef | null
  readonly guardrail: boolean
}

/** Why the policies denied one principal; nothing when they did not. */
function explain(finding: PolicyFinding): readonly Explanation[] {
  const { party, evaluation, guardrail, verdict } = finding
  if (evaluation === null) {
    const why = reason('fact_unavailable', `nothing is known of \`${party.id}\``)
    return [{ reason: why, policy: null, guardrail: false }]
  }
  const explanation = (denial: Denial, isGuardrail: boolean): Explanation => {
    const near = nearMiss(evaluation, denial)
    const why = reason(codeOf(denial), denialMessage(evaluation, denial, near, isGuardrail))
    return { reason: why, policy: near?.ref ?? denial.ref, guardrail: isGuardrail }
  }
  return [
    ...(guardrail === null ? [] : [explanation(guardrail, true)]),
    ...(verdict?.effect === 'deny' ? [explanation(verdict, false)] : []),
  ]
}

function codeOf(denial: Denial): Reason['code'] {
  switch (denial.cause) {
    case 'rule':
    case 'no_match':
    case 'schema':
      return 'forbidden_by_policy'
    case 'approval':
      return 'approval_required'
    case 'error':
      return 'evaluation_error'
    case 'limit':
      return 'evaluation_limit'
  }
}

/** All reasons, each once, in the order that `decide` promises. */
function reasonsOf(
  release: CompiledRelease,
  judgement: Judgement,
  explained: readonly Explanation[],
): Deny['reasons'] {
  const all: Reason[] = []
  for (const finding of judgement.findings) if (finding.reason !== null) all.push(finding.reason)
  if (release.policies === 0)
    all.push(reason('policy_unavailable', 'no policies are loaded, so nothing is allowed'))
  else {
    for (const one of explained) if (one.guardrail) all.push(one.reason)
    for (const one of explained) if (!one.guardrail) all.push(one.reason)
  }
  if (all.length === 1 && all[0] !== undefined) return [all[0]]
  const distinct = [...new Map(all.map((why) => [`${why.code} ${why.detail}`, why])).values()]
  const [first, ...rest] = distinct
  return [first ?? reason('forbidden_by_policy', 'nothing allows this'), ...rest]
}
