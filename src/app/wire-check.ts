import type { Basis, Decision } from '../core/decision.ts'
import type { JsonObject } from '../core/json.ts'
import type { Principal } from '../core/identity.ts'
import { reason, type Reason } from '../core/reason.ts'
import type { CheckedAction, CheckResource } from '../gateway/cerbos/check-resource.ts'
import { checkResource, type CheckResult } from '../pdp/check-resource.ts'
import { contextJson } from '../pdp/context-json.ts'
import { compiledOf } from '../pdp/judge.ts'
import type { CompiledRelease } from '../policy/release.ts'

/** Gives the decision point's answer about one resource to the Cerbos API, which records decisions. */
export const wireCheck: CheckResource = (release, question, facts, { resource, actions }) => {
  const compiled = compiledOf(release)
  const principal = facts.asserted ?? NOBODY
  const ask = { action: actions[0] ?? '', resource }
  const result = checkResource(compiled, compiled.options, {
    principal,
    resource,
    actions,
    auxData: facts.auxData,
    now: question.context.time,
    ...(compiled.needs.context ? { context: contextJson({ ...question, ask }) } : {}),
  })
  return {
    actions: new Map(
      result.actions.map((one) => [one.action, checkedAction(compiled, principal, one)]),
    ),
    effectiveDerivedRoles: result.effectiveDerivedRoles,
    outputs: result.outputs,
    validationErrors: result.validationErrors,
  }
}

/** Policies allow nothing to a principal that was not sent. */
const NOBODY: Principal = {
  id: '',
  roles: [],
  attr: Object.freeze(Object.create(null) as JsonObject),
  scope: '',
  policyVersion: '',
}

type Checked = CheckResult['actions'][number]

const checkedAction = (
  release: CompiledRelease,
  principal: Principal,
  checked: Checked,
): CheckedAction => ({
  decision: decisionOf(release, principal, checked),
  matchedPolicy: checked.matchedPolicy,
  matchedScope: checked.matchedScope,
})

/** A policy-only answer has one factor: what the policies say of the principal as sent. */
function decisionOf(release: CompiledRelease, principal: Principal, checked: Checked): Decision {
  const { verdict } = checked
  const policy = verdict?.ref ?? null
  const effect = verdict?.effect === 'allow' ? 'allow' : 'deny'
  const basis: readonly Basis[] = [
    {
      factor: 'subject',
      principal: principal.id,
      effect,
      policy: policy?.id ?? null,
      rule: policy?.rule ?? null,
    },
  ]
  if (verdict?.effect === 'allow') {
    const { obligations, advice } = verdict
    return { effect: 'allow', basis, policy, obligations, advice }
  }
  const why = reasonOf(release, checked)
  return { effect: 'deny', reasons: [why], basis, policy, remedies: [], visible: true }
}

/** For the record; the API tells the effect and the policy only. */
function reasonOf(release: CompiledRelease, { action, verdict }: Checked): Reason {
  if (release.policies === 0) return NO_POLICIES
  if (verdict === null || verdict.effect === 'allow') return NOT_DECIDED
  const rule = verdict.ref?.rule ?? ''
  switch (verdict.cause) {
    case 'rule':
      return reason('forbidden_by_policy', `rule \`${rule}\` denies \`${action}\``)
    case 'no_match':
      return reason('forbidden_by_policy', `no rule allows \`${action}\``)
    case 'error':
      return reason('evaluation_error', `rule \`${rule}\` could not be evaluated`)
    case 'limit':
      return reason('evaluation_limit', `rule \`${rule}\` takes more steps than a decision may`)
    case 'approval':
      return reason('approval_required', `rule \`${rule}\` allows \`${action}\` after an approval`)
    case 'schema':
      return reason('forbidden_by_policy', 'attributes do not fit their schema')
  }
}

const NO_POLICIES: Reason = reason('policy_unavailable', 'no policies are loaded')
const NOT_DECIDED: Reason = reason('evaluation_error', 'the action was not decided')
