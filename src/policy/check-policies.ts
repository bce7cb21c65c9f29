import { report } from './diagnostic.ts'
import { isPattern } from './glob.ts'
import { principalKey, resourceKey, scopeChain } from './names.ts'
import type { PolicyTree } from './tree.ts'

/**
 * Reports policies that stand twice, exported sets and derived roles of one name, and scopes whose
 * parents have no policy. Rules of the short form add to the policy of the same kind.
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
}

/** What may exist once. Principals are compared as bytes, kinds of resource after folding. */
function identityOf(tree: PolicyTree): string {
  if (tree.kind === 'principal')
    return JSON.stringify([tree.kind, tree.principal, tree.version, tree.scope])
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
