import type { Principal } from '../../core/identity.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Resource } from '../../core/question.ts'
import { report } from '../../policy/diagnostic.ts'
import type { NameRef } from '../../policy/tree.ts'
import { SUITE_CASES_MAX } from './limits.ts'
import type {
  ActorFixture,
  Effect,
  Fixtures,
  OutputExpectation,
  Selection,
  Suite,
  SuiteOptions,
  TestTable,
} from './suite.ts'

/** One pair of a test's matrix with what is expected of each action. */
export type TestCase = {
  readonly table: TestTable
  readonly principal: Principal
  readonly principalName: string
  readonly resource: Resource
  readonly resourceName: string
  readonly auxData: JsonObject
  readonly actor: ActorFixture | null
  readonly options: SuiteOptions | null
  readonly expected: readonly ExpectedAction[]
}

/** What one action should come to; outputs that are not named here may be anything. */
export type ExpectedAction = {
  readonly action: string
  readonly effect: Effect
  readonly outputs: readonly OutputExpectation[]
}

/**
 * Every pair of every test: names looked up, groups expanded, expectations merged. Pairs and actions
 * that no expectation names are expected to be denied. What cannot be found, expectations that no
 * input leads to, and two that contradict each other are reported to the suite's file.
 */
export function buildCases(suite: Suite, shared: Fixtures): readonly TestCase[] {
  const lookup: Lookup = {
    suite,
    shared,
    room: { checks: SUITE_CASES_MAX, expected: SUITE_CASES_MAX },
  }
  return suite.tests.flatMap((table) => casesOf(lookup, table))
}

type Lookup = {
  readonly suite: Suite
  readonly shared: Fixtures
  /** How many more checks, and expectations of pairs, the suite may come to. */
  readonly room: { checks: number; expected: number }
}

/** Takes room for what is about to be built; false, and reported once, when there is none left. */
function takeRoom({ suite, room }: Lookup, what: keyof Lookup['room'], count: number): boolean {
  const had = room[what] >= 0
  room[what] -= count
  if (room[what] >= 0) return true
  const message = `the suite comes to more than ${SUITE_CASES_MAX} checks`
  const hint = 'split it into several suites'
  if (had) report(suite.file, 0, { code: 'value_invalid', message, hint })
  return false
}

type Kind = 'principals' | 'resources' | 'auxData' | 'actors' | 'principalGroups' | 'resourceGroups'

/** A fixture of the suite, else of the folder; null with a problem reported. */
function lookUp<K extends Kind>(
  { suite, shared }: Lookup,
  kind: K,
  ref: NameRef,
): Parameters<Parameters<Fixtures[K]['forEach']>[0]>[0] | null {
  const own: ReadonlyMap<string, unknown> = suite.fixtures[kind]
  const value = own.get(ref.name) ?? (shared[kind] as ReadonlyMap<string, unknown>).get(ref.name)
  if (value !== undefined) return value as ReturnType<typeof lookUp<K>>
  const message = `no entry of \`${kind}\` is named \`${ref.name}\``
  const hint = `define it under \`${kind}\` of the suite or of \`testdata\``
  report(suite.file, ref.at, { code: 'name_unknown', message, hint })
  return null
}

/** Names as they stand, then those of groups, each once. */
function namesOf(
  lookup: Lookup,
  kind: 'principalGroups' | 'resourceGroups',
  selection: Selection,
): readonly NameRef[] {
  const groups = selection.groups.flatMap(
    (group) => lookUp(lookup, kind, group)?.map(({ name }) => ({ name, at: group.at })) ?? [],
  )
  const all = new Map<string, NameRef>()
  for (const ref of [...selection.names, ...groups]) if (!all.has(ref.name)) all.set(ref.name, ref)
  return [...all.values()]
}

function casesOf(lookup: Lookup, table: TestTable): readonly TestCase[] {
  const principals = namesOf(lookup, 'principalGroups', table.principals)
  const resources = namesOf(lookup, 'resourceGroups', table.resources)
  if (!takeRoom(lookup, 'checks', principals.length * resources.length * table.actions.length))
    return []
  const auxData = table.auxData === null ? null : lookUp(lookup, 'auxData', table.auxData)
  const actor = table.actor === null ? null : lookUp(lookup, 'actors', table.actor)
  const expectations = expectationsOf(lookup, table, {
    principals: new Set(principals.map(({ name }) => name)),
    resources: new Set(resources.map(({ name }) => name)),
  })
  const resolved = resources.map((ref) => ({ ref, value: lookUp(lookup, 'resources', ref) }))
  return principals.flatMap((principalRef) => {
    const principal = lookUp(lookup, 'principals', principalRef)
    return resolved.flatMap(({ ref, value: resource }) => {
      if (principal === null || resource === null) return []
      const found = expectations.get(pairKey(principalRef.name, ref.name))
      return {
        table,
        principal,
        principalName: principalRef.name,
        resource,
        resourceName: ref.name,
        auxData: auxData ?? { jwt: {} },
        actor,
        options: table.options ?? lookup.suite.options,
        expected: table.actions.map((action) => ({
          action,
          effect: found?.effects.get(action) ?? 'deny',
          outputs: (found?.outputs ?? []).filter((output) => output.action === action),
        })),
      }
    })
  })
}

const pairKey = (principal: string, resource: string): string =>
  JSON.stringify([principal, resource])

type Input = {
  readonly principals: ReadonlySet<string>
  readonly resources: ReadonlySet<string>
}

type Merged = {
  readonly effects: Map<string, Effect>
  readonly outputs: OutputExpectation[]
}

/** Effects by action, and outputs, of each pair, merged over all expectations of a test. */
function expectationsOf(
  lookup: Lookup,
  table: TestTable,
  input: Input,
): ReadonlyMap<string, Merged> {
  const { file } = lookup.suite
  const merged = new Map<string, Merged>()
  for (const expectation of table.expected) {
    const { actions, outputs } = expectation
    for (const { name, at } of [
      ...actions,
      ...outputs.map((one) => ({ ...one, name: one.action })),
    ]) {
      if (table.actions.includes(name)) continue
      const message = `\`${name}\` is expected, and is not among the \`actions\` of the test`
      report(file, at, { code: 'name_unknown', message })
    }
    const principals = namesOf(lookup, 'principalGroups', expectation.principals)
    const resources = namesOf(lookup, 'resourceGroups', expectation.resources)
    const pairs = principals.length * resources.length
    if (!takeRoom(lookup, 'expected', pairs * Math.max(1, actions.length + outputs.length))) break
    for (const principal of principals)
      for (const resource of resources) {
        const absent = !input.principals.has(principal.name) ? principal : resource
        if (absent === principal || !input.resources.has(resource.name)) {
          const message = `\`${absent.name}\` is expected, and is not in the \`input\` of the test`
          report(file, absent.at, { code: 'name_unknown', message })
          continue
        }
        const key = pairKey(principal.name, resource.name)
        const both = merged.get(key) ?? { effects: new Map<string, Effect>(), outputs: [] }
        for (const action of actions) mergeEffect(lookup, both.effects, action)
        both.outputs.push(...outputs)
        merged.set(key, both)
      }
  }
  return merged
}

function mergeEffect(
  { suite }: Lookup,
  effects: Map<string, Effect>,
  action: { readonly name: string; readonly at: number; readonly effect: Effect },
): void {
  const known = effects.get(action.name)
  if (known !== undefined && known !== action.effect) {
    const message = `\`${action.name}\` is expected here, and otherwise in another expectation`
    report(suite.file, action.at, { code: 'field_conflict', message })
  }
  effects.set(action.name, action.effect)
}
