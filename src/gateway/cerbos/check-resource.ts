import type { Decision } from '../../core/decision.ts'
import type { Facts } from '../../core/facts.ts'
import type { Json } from '../../core/json.ts'
import type { Decide, Release } from '../../core/path.ts'
import type { Ask, Question, Resource } from '../../core/question.ts'

/** What is said of one action: the decision that is recorded, and what the API tells of it. */
export type CheckedAction = {
  readonly decision: Decision
  /** The key of the policy as the API names it; `NO_MATCH` where none is about the request. */
  readonly matchedPolicy: string
  /** The scope that decided; empty for the root and where nothing matched. */
  readonly matchedScope: string
}

/** A value or an error that a rule gave beside its effect. */
export type CheckOutput = {
  readonly src: string
  readonly action: string
  readonly val?: Json
  readonly error?: string
}

/** An attribute that does not fit its schema. */
export type CheckValidationError = {
  readonly path: string
  readonly message: string
  readonly source: string
}

/** Everything the API may tell of one resource. */
export type CheckedResource = {
  /** By action, in the order asked. */
  readonly actions: ReadonlyMap<string, CheckedAction>
  readonly effectiveDerivedRoles: readonly string[]
  readonly outputs: readonly CheckOutput[]
  readonly validationErrors: readonly CheckValidationError[]
}

/** Decides all actions on one resource at once; pure and total like `Decide`. */
export type CheckResource = (
  release: Release,
  question: Omit<Question, 'ask'>,
  facts: Facts,
  asked: { readonly resource: Resource; readonly actions: readonly string[] },
) => CheckedResource

/** What the door understood and what the decision point answered, by the resource of a request. */
export type Checks = {
  readonly asked: (resource: Resource, actions: readonly string[]) => readonly Ask[]
  readonly decide: Decide
  /** Undefined for a resource that was never decided. */
  readonly answer: (resource: Resource) => CheckedResource | undefined
}

/**
 * Lets a check pass the one request path, which decides ask by ask, and still evaluates each
 * resource once: the first of its asks is decided with all of them. The asks of one resource share
 * the object; what is remembered of it ends with it.
 */
export function createChecks(checkResource: CheckResource): Checks {
  const actionsOf = new WeakMap<Resource, readonly string[]>()
  const answers = new WeakMap<Resource, CheckedResource>()
  return {
    asked: (resource, actions) => {
      actionsOf.set(resource, actions)
      return actions.map((action) => ({ action, resource }))
    },
    decide: (release, question, facts) => {
      const { resource, action } = question.ask
      let answer = answers.get(resource)
      if (answer === undefined) {
        const actions = actionsOf.get(resource) ?? [action]
        answer = checkResource(release, question, facts, { resource, actions })
        answers.set(resource, answer)
      }
      return answer.actions.get(action)?.decision ?? UNANSWERED
    },
    answer: (resource) => answers.get(resource),
  }
}

const UNANSWERED: Decision = {
  effect: 'deny',
  reasons: [{ code: 'evaluation_error', detail: 'the action was not decided' }],
  basis: [],
  policy: null,
  remedies: [],
  visible: true,
}
