import type { Budget, Variables } from '../cel/frame.ts'
import type { Operand } from '../cel/operand.ts'
import type { EpochMillis } from '../core/clock.ts'
import type { Principal } from '../core/identity.ts'
import type { Ask } from '../core/question.ts'
import type { EngineOptions } from '../policy/engine-options.ts'
import type { CompiledRelease, PolicyNames } from '../policy/release.ts'
import type { Judged } from './judged.ts'
import type { Notes } from './notes.ts'

/** What expressions of one policy may read: the request, and the policy's own names. */
export type NamedVariables = {
  readonly names: PolicyNames
  readonly variables: Variables
  /** The policy's variables once something has read them. */
  computed: ComputedVariables | null
}

/** The policy's variables as `V` reads them, and those that have no value. */
export type ComputedVariables = { readonly operand: Operand; readonly failed: ReadonlySet<string> }

/** The names by which a rollout tells one subject, or one agent, from another. */
export type RolloutKeys = { readonly subject: string; readonly agent: string }

/** One principal of the formula against one ask, while the policies are asked about it. */
export type Evaluation = {
  readonly release: CompiledRelease
  readonly principal: Principal
  readonly ask: Ask
  /** `P`, `R` and `request` as expressions see them, with what is unknown marked. */
  readonly request: Variables
  /** Whether some members of `R.attr` are unknown. */
  readonly partial: boolean
  readonly now: EpochMillis
  /** Shared by all evaluations of one decision. */
  readonly budget: Budget
  readonly options: EngineOptions
  /** Whether a condition that fails denies; if not, it counts as not met. */
  readonly strict: boolean
  /** Whom rollouts choose by. */
  readonly rollout: RolloutKeys
  /** Conditions already judged: those of derived roles, and any that several roles ask for. */
  judged: Judged | null
  /** What happens on the way, when somebody asked for it. */
  readonly notes: Notes | null
  /** What each policy that was met adds to the request. */
  readonly named: NamedVariables[]
  /** `runtime` in the expressions of a policy. */
  readonly runtimeOf: (evaluation: Evaluation, names: PolicyNames) => Operand
}
