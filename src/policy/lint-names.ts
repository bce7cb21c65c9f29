import type { LintWarning } from './lint-warning.ts'
import { warningAt } from './lint-warning.ts'
import { isDerivedRule } from './lint-rules.ts'
import { matchesName, nameMatcher } from './match-names.ts'
import type { NameRef, PolicyTree } from './tree.ts'

/** Who and what there is, as far as a configuration says; null where nothing is known. */
export type KnownNames = {
  readonly roles: ReadonlySet<string> | null
  /** Ids of MCP servers. */
  readonly tools: ReadonlySet<string> | null
}

/** Roles that nobody has and tools that do not exist. */
export function lintNames(
  trees: readonly PolicyTree[],
  { roles, tools }: KnownNames,
): readonly LintWarning[] {
  const warnings: LintWarning[] = []
  for (const tree of trees) {
    if (tools !== null) warnings.push(...unknownTools(tree, tools))
    if (roles !== null) warnings.push(...unknownRoles(tree, roles))
  }
  return warnings
}

function unknownRoles(tree: PolicyTree, known: ReadonlySet<string>): readonly LintWarning[] {
  if (tree.kind === 'export_constants' || tree.kind === 'export_variables') return []
  const named =
    tree.kind === 'role'
      ? [{ name: tree.role, at: tree.at, roles: [tree.role, ...tree.parentRoles] }]
      : tree.kind === 'derived_roles'
        ? tree.definitions.map(({ name, at, parentRoles }) => ({ name, at, roles: parentRoles }))
        : tree.rules.filter((rule) => !isDerivedRule(tree, rule))
  return named.flatMap(({ name, at, roles }) =>
    roles.flatMap((role) => {
      const matcher = nameMatcher([role])
      if (matcher.any || [...known].some((one) => matchesName(matcher, one))) return []
      const message = `nobody has the role \`${role}\` of \`${name}\``
      const hint = 'give it to a person or an agent in reeve.yaml, or correct the name'
      return [warningAt(tree.file, at, { code: 'role_unknown', message, hint })]
    }),
  )
}

const TOOL = /^mcp:([a-z][a-z0-9_-]*)$/

function unknownTools(tree: PolicyTree, known: ReadonlySet<string>): readonly LintWarning[] {
  const kinds: readonly NameRef[] =
    tree.kind === 'resource'
      ? [{ name: tree.resource, at: tree.rules[0]?.at ?? tree.at }]
      : tree.kind === 'principal' || tree.kind === 'guardrail' || tree.kind === 'role'
        ? tree.rules.map(({ resource, at }) => ({ name: resource ?? '', at }))
        : []
  return kinds.flatMap(({ name, at }) => {
    const tool = TOOL.exec(name)?.[1]
    if (tool === undefined || known.has(tool)) return []
    const message = `there is no MCP server \`${tool}\``
    const hint = 'add it under `mcp.servers` in reeve.yaml, or correct the name'
    return [warningAt(tree.file, at, { code: 'tool_unknown', message, hint })]
  })
}
