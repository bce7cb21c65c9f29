import { lineOf, report } from './diagnostic.ts'
import { isPattern } from './glob.ts'
import { principalKey, resourceKey, roleKey, scopeChain } from './names.ts'
import type { PolicyTree } from './tree.ts'

/**
 * Reports policies that stand twice, exported sets and derived roles of one name, scopes whose
 * parents have no policy, and scopes of which two policies say different `scopePermissions`. Rules
 * of the short form add to the policy of the same kind.
 */
export function checkPolicies(trees: readonly PolicyTree[]): void {
  const first = new Map<string, PolicyTree>()
  for (const tree of trees) {
    if (tree.kind === 'resource' && tree.shortForm) continue
    const key = identityOf(tree)
    const other = first.get(key)
    if (other === undefined) first.set(key, tree)
    else {
      const message = `\`${nameOf(tree)}\` is defined twice; the other stands in ${other.file.path}`
      report(tree.file, tree.at, { code: 'policy_duplicate', message })
    }
  }
  for (const tree of trees)
    if (tree.kind === 'resource' || tree.kind === 'principal') checkScope(tree, first)
  checkPermissions(trees)
}

/** What may exist once. Principals are compared as bytes, kinds of resource after folding. */
function identityOf(tree: PolicyTree): string {
  if (tree.kind === 'principal')
    return JSON.stringify([tree.kind, tree.principal, tree.version, tree.scope])
  if (tree.kind === 'role') return JSON.stringify([tree.kind, tree.role, tree.version, tree.scope])
  if (tree.kind === 'resource' && isPattern(tree.resource)) {
    return JSON.stringify([tree.kind, tree.resource, tree.version, tree.scope])
  }
  return nameOf(tree)
}

function nameOf(tree: PolicyTree): string {
  switch (tree.kind) {
    case 'resource':
      return resourceKey(tree.resource, tree.version, tree.scope)
    case 'principal':
      return principalKey(tree.principal, tree.version, tree.scope)
    case 'role':
      return roleKey(tree.role, tree.version, tree.scope)
    case 'guardrail':
    case 'derived_roles':
    case 'export_constants':
    case 'export_variables':
      return `${tree.kind}.${tree.name}`
  }
}

function checkScope(
  tree: Extract<PolicyTree, { kind: 'resource' | 'principal' }>,
  known: ReadonlyMap<string, PolicyTree>,
): void {
  const [, ...parents] = scopeChain(tree.scope)
  for (const scope of parents) {
    if (known.has(identityOf({ ...tree, scope }))) continue
    const message = `scope \`${tree.scope}\` needs \`${nameOf({ ...tree, scope })}\`, which does not exist`
    const hint = 'add that policy, with `rules: []` if it decides nothing'
    report(tree.file, tree.at, { code: 'scope_incomplete', message, hint })
  }
}

type Scoped = Extract<PolicyTree, { kind: 'resource' | 'principal' }>

/**
 * What an allow of a scope is worth is a property of the scope, for policies of every kind. Cerbos
 * lets policies disagree, and decides by the order in which they were loaded; here that is an error.
 */
function checkPermissions(trees: readonly PolicyTree[]): void {
  const settled = new Map<string, Scoped>()
  for (const tree of trees) {
    if (tree.kind !== 'resource' && tree.kind !== 'principal') continue
    if (tree.scopePermissions === 'consent') refuseApprovals(tree)
    const other = settled.get(tree.scope)
    if (other === undefined) settled.set(tree.scope, tree)
    else if (other.scopePermissions !== tree.scopePermissions) {
      reportDisagreement(tree, other)
      reportDisagreement(other, tree)
    }
  }
}

/** An allow that needs the parent scope's as well cannot be what an approval completes. */
function refuseApprovals(tree: Scoped): void {
  for (const rule of tree.rules) {
    if (rule.approval === null) continue
    const message = `rule \`${rule.name}\` cannot ask for an approval where the parent scope has to allow`
    const hint = 'put `approval` on the rule of the parent scope'
    report(tree.file, rule.at, { code: 'field_conflict', message, hint })
  }
}

function reportDisagreement(tree: Scoped, other: Scoped): void {
  const place = `${other.file.path}:${lineOf(other.file, other.at)}`
  const message = `scope \`${tree.scope}\` has other \`scopePermissions\` in \`${nameOf(other)}\` (${place})`
  const hint =
    'all policies of a scope need the same; without the field it is SCOPE_PERMISSIONS_OVERRIDE_PARENT'
  report(tree.file, tree.at, { code: 'scope_conflict', message, hint })
}
