/** Name patterns of the policy language, as Cerbos has them. */
export const POLICY_NAME_PATTERN: RegExp = /^[^!*?[\]{}]+$/
export const VERSION_PATTERN: RegExp = /^\w+$/
export const SET_NAME_PATTERN: RegExp = /^[\w\-.]+$/
export const RULE_NAME_PATTERN: RegExp = /^[a-zA-Z][\w@.-]*$/
export const SCOPE_PATTERN: RegExp = /^(?:[0-9a-zA-Z][\w-]*(?:\.\w[\w-]*)*)?$/
export const IDENTIFIER_PATTERN: RegExp = /^[_a-zA-Z][_a-zA-Z0-9]*$/

/** Names that an expression reads as literals or operators. */
export const RESERVED_IDENTIFIERS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'in'])

/** The version of a policy and of a request that names none. */
export const DEFAULT_VERSION = 'default'

const FOLDED_PATTERN = /^[a-zA-Z][\w@.\-/]*(?::[a-zA-Z][\w@.\-/]*)*$/

/**
 * Runs of characters outside `[\w.]` become `_`, in keys and when a kind is looked up. Names that
 * were never legal before folding ended (spaces, other scripts) stay as they are.
 */
export const foldName = (name: string): string =>
  FOLDED_PATTERN.test(name) ? name.replaceAll(/[^\w.]+/g, '_') : name

const withScope = (key: string, scope: string): string => (scope === '' ? key : `${key}/${scope}`)

/** The key of a resource policy, as decisions name it: `resource.<kind>.v<version>[/<scope>]`. */
export const resourceKey = (resource: string, version: string, scope: string): string =>
  withScope(`resource.${foldName(resource)}.v${version}`, scope)

/** The key of a principal policy, as decisions name it. */
export const principalKey = (principal: string, version: string, scope: string): string =>
  withScope(`principal.${foldName(principal)}.v${version}`, scope)

export const roleKey = (role: string, version: string, scope: string): string =>
  withScope(`role.${foldName(role)}.v${version}`, scope)

/** `rule-001` for the first rule that has no name of its own. */
export const defaultRuleName = (index: number): string =>
  `rule-${String(index + 1).padStart(3, '0')}`

/** `a.b.c`, `a.b`, `a` and the root, most specific first. */
export function scopeChain(scope: string): readonly string[] {
  const chain = [scope]
  let rest = scope
  while (rest !== '') {
    const dot = rest.lastIndexOf('.')
    rest = dot === -1 ? '' : rest.slice(0, dot)
    chain.push(rest)
  }
  return chain
}
