/**
 * The order of fields in a map of a policy or test file, by the keys that lead to it; null where
 * authors choose the names, and where order is theirs.
 */
export function fieldOrder(path: readonly string[]): readonly string[] | null {
  const last = path.at(-1)
  const parent = path.at(-2)
  if (last === undefined) return TOP
  if (path.length === 1 && KINDS.has(last)) return BODY
  if (last === 'rules' && path.length <= 2) return RULE
  if (last === 'actions' && parent === 'rules') return RULE
  if (last === 'definitions' && path[0] === 'derivedRoles') return RULE
  if (last === 'tests' && path.length === 1) return TEST
  if (last === 'input' && parent === 'tests') return INPUT
  if (last === 'expected' && parent === 'tests') return INPUT
  return null
}

const KINDS: ReadonlySet<string> = new Set([
  'resourcePolicy',
  'principalPolicy',
  'rolePolicy',
  'derivedRoles',
  'exportVariables',
  'exportConstants',
  'guardrail',
])

/** A policy, the short form or a suite: what a file may have at its top. */
const TOP: readonly string[] = [
  '$schema',
  'apiVersion',
  'name',
  'description',
  'metadata',
  'disabled',
  'variables',
  ...KINDS,
  'skip',
  'skipReason',
  'options',
  'principals',
  'principalGroups',
  'actors',
  'resources',
  'resourceGroups',
  'auxData',
  'tests',
  'rules',
]

const BODY: readonly string[] = [
  'name',
  'resource',
  'principal',
  'role',
  'version',
  'scope',
  'scopePermissions',
  'parentRoles',
  'importDerivedRoles',
  'schemas',
  'constants',
  'variables',
  'definitions',
  'rules',
]

const RULE: readonly string[] = [
  'id',
  'name',
  'role',
  'tool',
  'allowed_actions',
  'resource',
  'action',
  'actions',
  'allowActions',
  'effect',
  'roles',
  'derivedRoles',
  'parentRoles',
  'when',
  'condition',
  'remedy',
  'disclose',
  'approval',
  'obligations',
  'advice',
  'output',
  'max_token_ttl_seconds',
  'rollout',
]

const TEST: readonly string[] = [
  'name',
  'description',
  'skip',
  'skipReason',
  'options',
  'input',
  'expected',
]

const INPUT: readonly string[] = [
  'principal',
  'principals',
  'principalGroups',
  'actor',
  'resource',
  'resources',
  'resourceGroups',
  'auxData',
  'actions',
  'outputs',
]
