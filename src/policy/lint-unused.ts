import type { SourceFile } from './diagnostic.ts'
import type { LintWarning } from './lint-warning.ts'
import { warningAt } from './lint-warning.ts'
import type { NameRef, PolicyTree, ResourcePolicy } from './tree.ts'

/** Variables, constants, derived roles and imports that nothing reads. */
export function lintUnused(trees: readonly PolicyTree[]): readonly LintWarning[] {
  return trees.flatMap((tree) => {
    switch (tree.kind) {
      case 'export_constants':
        return unusedExports(tree, 'constant', importers(trees, 'constants', tree.name))
      case 'export_variables':
        return unusedExports(tree, 'variable', importers(trees, 'variables', tree.name))
      case 'derived_roles':
        return [...unusedLocals(tree), ...unusedRoles(trees, tree)]
      case 'resource':
        return [...unusedLocals(tree), ...unusedRoleImports(trees, tree)]
      case 'principal':
      case 'role':
      case 'guardrail':
        return unusedLocals(tree)
    }
  })
}

type Kind = 'constant' | 'variable'

/**
 * Whether a text reads the name. The text of the file and not the tree is asked: a name that only a
 * comment mentions counts as read, and one that some new field reads is never called unused.
 */
function reads(file: SourceFile, kind: Kind, name: string): boolean {
  const roots = kind === 'constant' ? '(?:C|constants)' : '(?:V|variables)'
  return new RegExp(`\\b${roots}\\s*\\.\\s*\\??${name}\\b`).test(file.text)
}

const unused = (file: SourceFile, at: number, message: string): LintWarning =>
  warningAt(file, at, { code: 'unused', message })

function unusedLocals(
  tree: Extract<PolicyTree, { readonly variables: unknown }>,
): readonly LintWarning[] {
  const check = (kind: Kind, definitions: readonly NameRef[]): readonly LintWarning[] =>
    definitions
      .filter(({ name }) => !reads(tree.file, kind, name))
      .map(({ name, at }) => unused(tree.file, at, `nothing reads the ${kind} \`${name}\``))
  return [...check('constant', tree.constants.local), ...check('variable', tree.variables.local)]
}

const importers = (
  trees: readonly PolicyTree[],
  key: 'constants' | 'variables',
  name: string,
): readonly SourceFile[] =>
  trees.flatMap((tree) =>
    key in tree && tree.kind !== 'export_constants' && tree.kind !== 'export_variables'
      ? tree[key].imports.some((ref) => ref.name === name)
        ? [tree.file]
        : []
      : [],
  )

function unusedExports(
  tree: Extract<PolicyTree, { kind: 'export_constants' | 'export_variables' }>,
  kind: Kind,
  files: readonly SourceFile[],
): readonly LintWarning[] {
  if (files.length === 0) return [unused(tree.file, tree.at, `nothing imports \`${tree.name}\``)]
  return tree.definitions
    .filter(({ name }) => ![tree.file, ...files].some((file) => reads(file, kind, name)))
    .map(({ name, at }) => unused(tree.file, at, `nothing reads the ${kind} \`${name}\``))
}

const importsSet = (policy: ResourcePolicy, name: string): boolean =>
  policy.derivedRoleImports.some((ref) => ref.name === name)

/** In a rule: what no rule names is not part of `runtime.effectiveDerivedRoles` either. */
const usesRole = (policy: ResourcePolicy, name: string): boolean =>
  policy.rules.some((rule) => rule.derivedRoles.some((ref) => ref.name === name))

function unusedRoles(
  trees: readonly PolicyTree[],
  set: Extract<PolicyTree, { kind: 'derived_roles' }>,
): readonly LintWarning[] {
  const policies = trees.filter((tree) => tree.kind === 'resource')
  const users = policies.filter((policy) => importsSet(policy, set.name))
  if (users.length === 0) return [unused(set.file, set.at, `nothing imports \`${set.name}\``)]
  return set.definitions
    .filter(({ name }) => !users.some((policy) => usesRole(policy, name)))
    .map(({ name, at }) => unused(set.file, at, `no rule names the derived role \`${name}\``))
}

function unusedRoleImports(
  trees: readonly PolicyTree[],
  policy: ResourcePolicy,
): readonly LintWarning[] {
  return policy.derivedRoleImports.flatMap((ref) => {
    const set = trees.find((tree) => tree.kind === 'derived_roles' && tree.name === ref.name)
    if (set?.kind !== 'derived_roles') return []
    if (set.definitions.some(({ name }) => usesRole(policy, name))) return []
    return [unused(policy.file, ref.at, `no rule names a derived role of \`${ref.name}\``)]
  })
}
