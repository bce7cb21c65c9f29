import { Bug } from '../core/bug.ts'
import type { Basis, Factor } from '../core/decision.ts'
import type { Facts } from '../core/facts.ts'
import type { JsonObject } from '../core/json.ts'
import { EVALUATION_STEPS_MAX } from '../core/limits.ts'
import type { Release } from '../core/path.ts'
import type { Question } from '../core/question.ts'
import type { CompiledRelease } from '../policy/release.ts'
import { contextJson } from './context-json.ts'
import { evaluateGuardrails, evaluatePolicies } from './evaluate-policies.ts'
import type { EngineOptions } from '../policy/engine-options.ts'
import type { Evaluation, RolloutKeys } from './evaluation.ts'
import type { Notes, RuleVisit } from './notes.ts'
import type { EvaluationInput } from './open-evaluation.ts'
import { openEvaluation } from './open-evaluation.ts'
import type { Finding } from './formula.ts'
import { findingsOf } from './formula.ts'
import type { Link, Party } from './parties.ts'
import { linksOf, partiesOf, personOf } from './parties.ts'
import type { Denial, Verdict } from './verdict.ts'

/** What the policies said about one principal; `evaluation` is null where facts are missing. */
export type PolicyFinding = {
  readonly party: Party
  readonly evaluation: Evaluation | null
  readonly guardrail: Denial | null
  readonly verdict: Verdict | null
  /** The rules that were looked at, when somebody asked for notes. */
  readonly visits: readonly RuleVisit[]
}

/** The whole formula, evaluated: nothing is left out after something failed. */
export type Judgement = {
  readonly findings: readonly Finding[]
  readonly policies: readonly PolicyFinding[]
}

/**
 * Evaluates every factor of the formula for a question. `unknown` names the members of `R.attr` that
 * are taken as unknown: then only what every choice of them would deny is denied.
 */
export function judge(
  release: CompiledRelease,
  question: Question,
  facts: Facts,
  unknown: readonly string[],
  notes: Notes | null = null,
): Judgement {
  const links = linksOf(question.caller, facts)
  const strict = question.caller.kind !== 'decision_caller' || release.options.strictEvaluation
  const common = {
    release,
    ask: question.ask,
    context: release.needs.context ? contextJson(question) : NO_CONTEXT,
    auxData: facts.auxData,
    now: question.context.time,
    budget: { steps: EVALUATION_STEPS_MAX },
    unknown,
    options: question.caller.kind === 'decision_caller' ? release.options : strictOptions(release),
    strict,
    rollout: rolloutKeys(question, facts, links),
    notes,
  }
  const policies: PolicyFinding[] = []
  for (const party of partiesOf(release, question, facts, links)) {
    const before = policies.at(-1)
    // An agent on its own is subject and actor at once, and is asked about once.
    if (before !== undefined && before.party.principal === party.principal)
      policies.push({ ...before, party })
    else policies.push(judgeParty(party, common))
  }
  return { findings: findingsOf(question, facts, links), policies }
}

/** Compatibility switches act on policy-only answers alone (SECURITY 27). */
const strictOptions = ({ options }: CompiledRelease): EngineOptions =>
  options.lenientScopeSearch ? { ...options, lenientScopeSearch: false } : options

/** A rollout chooses by the person, or by the agent where it acts on its own; within the tenant. */
function rolloutKeys(question: Question, facts: Facts, links: readonly Link[]): RolloutKeys {
  const { tenant } = question.caller
  const agent = `${tenant}/agent:${links.at(-1)?.agent ?? ''}`
  const person = personOf(question.caller) ?? facts.asserted?.id ?? null
  const subject =
    person === null ? `${tenant}/agent:${links[0]?.agent ?? ''}` : `${tenant}/${person}`
  return { subject, agent: links.length === 0 ? subject : agent }
}

function judgeParty(party: Party, common: EvaluationInput): PolicyFinding {
  const { principal } = party
  if (principal === null)
    return { party, evaluation: null, guardrail: null, verdict: null, visits: NO_VISITS }
  const evaluation = openEvaluation(common, principal)
  const before = common.notes?.visits.length ?? 0
  const guardrail = evaluateGuardrails(evaluation)
  const verdict = evaluatePolicies(evaluation)
  const visits = common.notes === null ? NO_VISITS : common.notes.visits.slice(before)
  return { party, evaluation, guardrail, verdict, visits }
}

const NO_VISITS: readonly RuleVisit[] = []

const NO_CONTEXT: JsonObject = Object.freeze(Object.create(null) as JsonObject)

export const factorsHold = (judgement: Judgement): boolean =>
  judgement.findings.every(({ reason }) => reason === null)

/** Whether guardrails and policies let every principal pass; no principal at all is no permission. */
export const policiesHold = (judgement: Judgement): boolean =>
  judgement.policies.length > 0 &&
  judgement.policies.every(
    ({ guardrail, verdict }) => guardrail === null && verdict?.effect === 'allow',
  )

/** As `policiesHold`, where an approval that could still be given counts as given. */
export const policiesMightHold = (judgement: Judgement): boolean =>
  judgement.policies.length > 0 &&
  judgement.policies.every(
    ({ guardrail, verdict }) =>
      guardrail === null &&
      verdict !== null &&
      (verdict.effect === 'allow' || verdict.cause === 'approval'),
  )

/** One entry per evaluation: guardrails first, then policies, then the factors beside them. */
export function basisOf(judgement: Judgement): readonly Basis[] {
  const { findings, policies } = judgement
  const all: Basis[] = []
  for (const { party, guardrail, evaluation } of policies)
    all.push(basis('guardrail', party.id, evaluation === null ? 'missing' : guardrail))
  for (const { party, verdict } of policies)
    all.push(basis(party.factor, party.id, verdict ?? 'missing'))
  for (const finding of findings) all.push(finding.basis)
  return all
}

/** A null outcome is a guardrail that did not deny; what could not be evaluated is false. */
function basis(factor: Factor, principal: string, outcome: Verdict | null | 'missing'): Basis {
  if (outcome === null) return { factor, principal, effect: 'allow', policy: null, rule: null }
  if (outcome === 'missing') return { factor, principal, effect: 'deny', policy: null, rule: null }
  const { effect, ref } = outcome
  return { factor, principal, effect, policy: ref?.id ?? null, rule: ref?.rule ?? null }
}

/** The path hands on releases that it cannot look into; ours are made by `loadPolicies` alone. */
export function compiledOf(release: Release): CompiledRelease {
  if (!('resources' in release)) throw new Bug('a release that was not compiled from policies')
  return release as CompiledRelease
}
