import type { Condition, Rule, Unit } from './a-unit.ts'

/** Units that are one step simpler, the boldest steps first. */
export function reductions(unit: Unit): readonly Unit[] {
  const { resources, principals, rolePolicies, derivedRoles } = unit
  const lastInScope = resources.findLastIndex(({ version }) => version === 'default')
  const all: Unit[] = [
    ...(principals.length === 0 ? [] : [{ ...unit, principals: [] }]),
    ...(principals.length < 2 ? [] : [{ ...unit, principals: principals.slice(0, -1) }]),
    ...rolePolicies.map((policy) => ({ ...unit, rolePolicies: without(rolePolicies, policy) })),
    // Ancestors of a scope must exist, so only the last of the chain and other versions may go.
    ...resources
      .filter(
        ({ version, scope }, at) =>
          (version !== 'default' || at === lastInScope) && (scope !== '' || version !== 'default'),
      )
      .map((policy) => ({ ...unit, resources: without(resources, policy) })),
    ...resources.flatMap((policy) =>
      listReductions(policy.rules, reducedRules).map((rules) => ({
        ...unit,
        resources: replaced(resources, policy, { ...policy, rules }),
      })),
    ),
    ...principals.flatMap((policy) =>
      policy.rules.flatMap((block) =>
        listReductions(block.actions, reducedRules)
          .filter((actions) => actions.length > 0)
          .map((actions) => ({
            ...unit,
            principals: replaced(principals, policy, {
              ...policy,
              rules: replaced(policy.rules, block, { ...block, actions }),
            }),
          })),
      ),
    ),
    ...principals.flatMap((policy) =>
      policy.rules.length < 2
        ? []
        : policy.rules.map((block) => ({
            ...unit,
            principals: replaced(principals, policy, { ...policy, rules: [block] }),
          })),
    ),
    ...rolePolicies.flatMap((policy) =>
      (policy.rules.length < 2 ? [] : policy.rules).map((block) => ({
        ...unit,
        rolePolicies: replaced(rolePolicies, policy, { ...policy, rules: [block] }),
      })),
    ),
    ...derivedRoles.flatMap((role) =>
      reducedConditions(role.condition).map((condition) => ({
        ...unit,
        derivedRoles: replaced(derivedRoles, role, { ...role, condition }),
      })),
    ),
    ...variableReductions(unit),
  ]
  return all
}

const without = <T>(list: readonly T[], one: T): readonly T[] => list.filter((item) => item !== one)
const replaced = <T>(list: readonly T[], one: T, by: T): readonly T[] =>
  list.map((item) => (item === one ? by : item))

/** One alone, one less, one simpler. */
function listReductions<T>(
  list: readonly T[],
  simpler: (item: T) => readonly T[],
): readonly (readonly T[])[] {
  return [
    ...(list.length > 1 ? list.map((item) => [item]) : []),
    ...(list.length > 2 || list.length === 1 ? list.map((item) => without(list, item)) : []),
    ...list.flatMap((item) => simpler(item).map((by) => replaced(list, item, by))),
  ]
}

const reducedRules = (rule: Rule): readonly Rule[] => [
  ...reducedConditions(rule.condition).map((condition) => ({ ...rule, condition })),
  ...(rule.actions.length > 1
    ? rule.actions.map((action) => ({ ...rule, actions: [action] }))
    : []),
  ...(rule.roles.length > 0 && rule.derivedRoles.length > 0
    ? [
        { ...rule, roles: [] },
        { ...rule, derivedRoles: [] },
      ]
    : []),
  ...(rule.derivedRoles.length > 1
    ? rule.derivedRoles.map((name) => ({ ...rule, derivedRoles: [name] }))
    : []),
  ...(rule.roles.length > 1 ? rule.roles.map((name) => ({ ...rule, roles: [name] })) : []),
  ...(rule.output === null ? [] : [{ ...rule, output: null }]),
]

function reducedConditions(condition: Condition | null): readonly (Condition | null)[] {
  if (condition === null) return []
  if (condition.kind === 'expr')
    return [null, ...partsOf(condition.text).map((text): Condition => ({ kind: 'expr', text }))]
  const { kind, of } = condition
  const parts = listReductions(of, (part) => reducedConditions(part).filter((one) => one !== null))
  return [
    null,
    ...of,
    ...parts.filter((list) => list.length > 0).map((list) => ({ kind, of: list })),
  ]
}

/** `A` and `B` of `(A || B)`, `A` of `!(A)`: the forms that the generator nests. */
function partsOf(text: string): readonly string[] {
  const inner = /^!?\((.*)\)$/s.exec(text)?.[1]
  if (inner === undefined) return []
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < inner.length; at++) {
    const character = inner.charAt(at)
    if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth--
    if (depth < 0) return []
    const sign = /^ (?:\|\||&&|\?|:) /.exec(inner.slice(at, at + 4))?.[0]
    if (depth !== 0 || sign === undefined) continue
    parts.push(inner.slice(start, at))
    start = at + sign.length
  }
  return [...parts, inner.slice(start)]
}

function variableReductions(unit: Unit): readonly Unit[] {
  const [v3, v4] = unit.exported.variables
  const plain = ['1', '1'] as const
  const isPlain = (texts: readonly string[]) => texts.every((text) => text === '1')
  return [
    ...(isPlain([v3, v4]) ? [] : [{ ...unit, exported: { ...unit.exported, variables: plain } }]),
    ...(isPlain(unit.derivedLocals.variables)
      ? []
      : [{ ...unit, derivedLocals: { ...unit.derivedLocals, variables: plain } }]),
    ...unit.resources
      .filter(({ locals }) => !isPlain(locals.variables))
      .map((policy) => ({
        ...unit,
        resources: replaced(unit.resources, policy, {
          ...policy,
          locals: { ...policy.locals, variables: plain },
        }),
      })),
  ]
}
