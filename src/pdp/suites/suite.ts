/** Policy tests as their authors wrote them (the Cerbos test format), checked for form. */
import type { Principal } from '../../core/identity.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Resource } from '../../core/question.ts'
import type { EngineOptions } from '../../policy/engine-options.ts'
import type { SourceFile } from '../../policy/diagnostic.ts'
import type { NameRef } from '../../policy/tree.ts'

/** An agent through which the principal of a test acts (CONTRACTS 2, `actor:`). */
export type ActorFixture = {
  readonly id: string
  readonly roles: readonly string[]
  readonly attr: JsonObject
  readonly scope: string
  readonly purpose: string
}

/** What tests may name: of one suite, or shared by the suites of a folder. */
export type Fixtures = {
  readonly principals: ReadonlyMap<string, Principal>
  readonly resources: ReadonlyMap<string, Resource>
  readonly auxData: ReadonlyMap<string, JsonObject>
  readonly actors: ReadonlyMap<string, ActorFixture>
  readonly principalGroups: ReadonlyMap<string, readonly NameRef[]>
  readonly resourceGroups: ReadonlyMap<string, readonly NameRef[]>
}

/** What a suite or a test says about the engine; a test's own block replaces its suite's. */
export type SuiteOptions = {
  /** Milliseconds since the epoch; null when conditions may not ask for the time. */
  readonly now: number | null
  /** What is set here stands instead of the engine's own. */
  readonly engine: Partial<EngineOptions>
}

/** Names of fixtures and of groups of them. */
export type Selection = {
  readonly names: readonly NameRef[]
  readonly groups: readonly NameRef[]
}

export type Effect = 'allow' | 'deny'

export type Expectation = {
  readonly at: number
  readonly principals: Selection
  readonly resources: Selection
  readonly actions: readonly {
    readonly name: string
    readonly at: number
    readonly effect: Effect
  }[]
  readonly outputs: readonly OutputExpectation[]
}

/** One expected output of one action; `src` is `<policy key>#<rule>`. */
export type OutputExpectation = {
  readonly action: string
  readonly at: number
  readonly src: string
  readonly value: Json
}

export type TestTable = {
  readonly name: string
  readonly at: number
  readonly description: string
  /** Why it is skipped, perhaps an empty text; null when it runs. */
  readonly skip: string | null
  readonly options: SuiteOptions | null
  readonly principals: Selection
  readonly resources: Selection
  readonly actions: readonly string[]
  readonly auxData: NameRef | null
  readonly actor: NameRef | null
  readonly expected: readonly Expectation[]
}

export type Suite = {
  readonly file: SourceFile
  readonly name: string
  readonly description: string
  readonly skip: string | null
  readonly options: SuiteOptions | null
  readonly fixtures: Fixtures
  readonly tests: readonly TestTable[]
}
