import { invariant } from '../../core/bug.ts'
import { allows } from '../../core/decision.ts'
import type { Json } from '../../core/json.ts'
import type { Resource } from '../../core/question.ts'
import type { CheckedResource } from './check-resource.ts'
import type { CheckEntry } from './read-check.ts'

/** What the answer to a check is made of. */
export type CheckAnswer = {
  readonly requestId: string
  readonly includeMeta: boolean
  readonly entries: readonly CheckEntry[]
  readonly callId: string
}

/** The answer as the API gives it, in the order of the request; what holds its default is left out. */
export function answerCheck(
  { requestId, includeMeta, entries, callId }: CheckAnswer,
  checked: (resource: Resource) => CheckedResource | undefined,
): string {
  const results = entries.map(({ resource, actions, scopeSent }) => {
    const answer = checked(resource)
    invariant(answer !== undefined, 'every resource of a check is decided before it is answered')
    return {
      resource: echo(resource, scopeSent),
      actions: effects(actions, answer),
      ...(answer.validationErrors.length === 0
        ? undefined
        : { validationErrors: answer.validationErrors.map(present) }),
      ...(includeMeta ? { meta: metaOf(actions, answer) } : undefined),
      ...(answer.outputs.length === 0 ? undefined : { outputs: answer.outputs }),
    }
  })
  const head = requestId === '' ? { results } : { requestId, results }
  return JSON.stringify({ ...head, cerbosCallId: callId })
}

type Effect = 'EFFECT_ALLOW' | 'EFFECT_DENY'

function effects(actions: readonly string[], answer: CheckedResource): Record<string, Effect> {
  const result = Object.create(null) as Record<string, Effect>
  for (const action of actions) {
    const decision = answer.actions.get(action)?.decision
    result[action] = decision !== undefined && allows(decision) ? 'EFFECT_ALLOW' : 'EFFECT_DENY'
  }
  return result
}

function echo({ id, kind, policyVersion }: Resource, scope: string): object {
  if (policyVersion === '' && scope === '') return { id, kind }
  return present({ id, kind, policyVersion, scope })
}

function metaOf(actions: readonly string[], answer: CheckedResource): object {
  const byAction = Object.create(null) as Record<string, object>
  for (const action of actions) {
    const { matchedPolicy = '', matchedScope = '' } = answer.actions.get(action) ?? {}
    byAction[action] = present({ matchedPolicy, matchedScope })
  }
  const { effectiveDerivedRoles: roles } = answer
  return { actions: byAction, ...(roles.length === 0 ? {} : { effectiveDerivedRoles: roles }) }
}

/** Without the members that are empty. */
const present = (object: Readonly<Record<string, Json>>): object =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== ''))
