import { canonicalJson } from '../core/canonical-json.ts'
import type { Json } from '../core/json.ts'
import { isPattern } from './glob.ts'
import type { LintWarning } from './lint-warning.ts'
import { warningAt } from './lint-warning.ts'
import { matchesName, nameMatcher } from './match-names.ts'
import type { NameMatcher } from './release.ts'
import { foldName, principalKey, resourceKey } from './names.ts'
import type { Condition, PolicyTree, RuleTree } from './tree.ts'

/** Rules that an unconditional deny, or another rule that says the same, leaves nothing to decide. */
export function lintRules(trees: readonly PolicyTree[]): readonly LintWarning[] {
  const guardrails = trees.flatMap((tree) => (tree.kind === 'guardrail' ? placed(tree) : []))
  const tables = Map.groupBy(trees.filter(hasRules), keyOf)
  return [...tables.values()].flatMap((table) => {
    const rules = table.flatMap(placed)
    const own = rules.filter((one) => !one.isDerived)
    return own.flatMap((one) => warningOf(one, rules, guardrails))
  })
}

/** Role policies are left out: their rules list what a role may do at most, and decide nothing alone. */
type WithRules = Exclude<
  Extract<PolicyTree, { readonly rules: readonly RuleTree[] }>,
  { readonly kind: 'role' }
>

const hasRules = (tree: PolicyTree): tree is WithRules => 'rules' in tree && tree.kind !== 'role'

/** Rules that are combined with each other have one key. */
function keyOf(tree: WithRules): string {
  switch (tree.kind) {
    case 'resource':
      return resourceKey(tree.resource, tree.version, tree.scope)
    case 'principal':
      return principalKey(tree.principal, tree.version, tree.scope)
    case 'guardrail':
      return 'guardrail'
  }
}

type Placed = {
  readonly tree: WithRules
  readonly rule: RuleTree
  /** The kind or pattern of kinds that it is about. */
  readonly resource: string
  readonly resources: NameMatcher
  readonly actions: NameMatcher
  readonly roles: NameMatcher
  readonly isDerived: boolean
}

const placed = (tree: WithRules): readonly Placed[] =>
  tree.rules.map((rule) => ({
    tree,
    rule,
    ...matchersOf(rule, rule.resource ?? (tree.kind === 'resource' ? tree.resource : '*')),
    isDerived: isDerivedRule(tree, rule),
  }))

/** Made once for each rule: every rule of a table is compared with every other one. */
const matchersOf = (
  rule: RuleTree,
  resource: string,
): Pick<Placed, 'resource' | 'resources' | 'actions' | 'roles'> => ({
  resource,
  resources: nameMatcher([resource, foldName(resource)]),
  actions: nameMatcher(rule.actions),
  roles: nameMatcher(rule.roles),
})

/** Whether the short form made the rule beside the one that its author wrote. */
export const isDerivedRule = (tree: PolicyTree, { name }: { readonly name: string }): boolean =>
  tree.kind === 'resource' && tree.shortForm && /\.(?:connect|issue)$/.test(name)

function warningOf(
  one: Placed,
  table: readonly Placed[],
  guardrails: readonly Placed[],
): readonly LintWarning[] {
  const { rule, tree } = one
  const denies = (other: Placed): boolean =>
    other.rule.effect === 'deny' &&
    other.rule.condition === null &&
    !other.rule.rollout &&
    covers(other, one)
  const blocker = rule.effect === 'deny' ? undefined : [...guardrails, ...table].find(denies)
  if (blocker !== undefined) {
    const message = `rule \`${rule.name}\` never allows anything: \`${blocker.rule.name}\` in ${placeOf(blocker)} always denies it`
    return [warningAt(tree.file, rule.at, { code: 'rule_unreachable', message })]
  }
  const twin = hasOwnWords(rule) ? undefined : table.find((other) => replaces(other, one, table))
  if (twin === undefined) return []
  const message = `rule \`${rule.name}\` adds nothing: \`${twin.rule.name}\` in ${placeOf(twin)} ${rule.effect === 'allow' ? 'allows' : 'denies'} all of it`
  return [warningAt(tree.file, rule.at, { code: 'rule_redundant', message })]
}

/** A rule that says or asks for something of its own has a reason to stand beside another. */
const hasOwnWords = (rule: RuleTree): boolean =>
  rule.remedy !== null ||
  [rule.output, rule.approval, rule.rollout, rule.obligations.length, rule.advice.length].some(
    Boolean,
  )

const placeOf = ({ tree }: Placed): string => tree.file.path

/** Whether one rule says all that the other says; of two that say the same, the first one stays. */
function replaces(other: Placed, one: Placed, table: readonly Placed[]): boolean {
  if (other === one || other.rule.effect !== one.rule.effect || !covers(other, one)) return false
  if (other.rule.approval || other.rule.rollout) return false
  const isWider = other.rule.condition === null || sameCondition(other, one)
  if (!isWider) return false
  const isMutual = covers(one, other) && (one.rule.condition === null || sameCondition(one, other))
  return !isMutual || table.indexOf(other) < table.indexOf(one)
}

const sameCondition = (left: Placed, right: Placed): boolean =>
  left.tree.file === right.tree.file &&
  canonicalJson(conditionJson(left.rule.condition)) ===
    canonicalJson(conditionJson(right.rule.condition))

function conditionJson(condition: Condition | null): Json {
  if (condition === null) return null
  if (condition.kind === 'expr') return condition.expression.source
  return { [condition.kind]: condition.of.map(conditionJson) }
}

/** Whether whatever the second rule is about, the first one is about as well. */
function covers(wide: Placed, narrow: Placed): boolean {
  // Principal policies have no roles: they are about their principal.
  const isForAll =
    wide.roles.any || (wide.tree.kind === 'principal' && narrow.tree.kind === 'principal')
  return (
    coversNames(wide.rule.actions, wide.actions, narrow.rule.actions) &&
    coversNames([wide.resource], wide.resources, [narrow.resource]) &&
    (isForAll || coversRoles(wide, narrow))
  )
}

function coversRoles(wide: Placed, narrow: Placed): boolean {
  const { roles, derivedRoles } = narrow.rule
  if (roles.length + derivedRoles.length === 0) return false
  const hasDerived = (name: string): boolean =>
    wide.rule.derivedRoles.some((role) => role.name === name)
  return (
    coversNames(wide.rule.roles, wide.roles, roles) &&
    derivedRoles.every(({ name }) => hasDerived(name))
  )
}

/** A pattern is covered by itself and by `*`; whether another one contains it is not asked. */
const coversNames = (
  wide: readonly string[],
  matcher: NameMatcher,
  narrow: readonly string[],
): boolean =>
  narrow.every(
    (name) =>
      matcher.any || wide.includes(name) || (!isPattern(name) && matchesName(matcher, name)),
  )
