/**
 * Parts of the language that a generated store may use, and shapes on which the engines differ
 * today. Each is off until our engine takes it, or until it is settled who is right.
 */
export type Features = {
  /** `rolePolicy`. Off: a role policy that lists nothing for the action, decision record 11. */
  readonly rolePolicies: boolean
  /** `SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS` in some scopes. */
  readonly parentalConsent: boolean
  /** `schemas` of resource policies, enforced. */
  readonly schemas: boolean
  /** `output` of rules; a unique one on every rule. */
  readonly outputs: boolean
  /** `G` and `globals`. */
  readonly globals: boolean
  /** The deprecated `variables` beside `apiVersion`. */
  readonly topLevelVariables: boolean
  /** The policy and scope to which the answer is put down. Off: a failure names the wrong policy. */
  readonly matched: boolean
  /** The derived roles that the answer names. */
  readonly effectiveDerivedRoles: boolean
  /**
   * A failed variable in an expression that could do without it (`V.failed || true`,
   * `has(V.failed)`): strict evaluation of ours denies, the oracle lets the rest decide. Decision record 11.
   */
  readonly absorbedVariableErrors: boolean
  /** `has(R.attr)` and `has(P.attr)`, also where there are no attributes. Decision record 11. */
  readonly emptyAttributes: boolean
  /** The scope `.` in requests, which expressions of the oracle read as the empty one. */
  readonly dotScope: boolean
  /** Patterns of kinds that are written as the kind is, and not as it is folded: `mcp:*`. */
  readonly unfoldedKindPatterns: boolean
  /** Patterns in `parentRoles`: the oracle finds rules by them, and lists no role. Record 11. */
  readonly parentRolePatterns: boolean
  /** Deny rules with both `roles` and `derivedRoles`, of which a failing one may not be reached. */
  readonly mixedDenyRoles: boolean
  /** Deny rules with several derived roles, of which one fails and one holds. Record 11. */
  readonly severalDerivedRoles: boolean
  /**
   * Outputs of rules for several roles or derived roles, and `conditionNotMet` of rules for derived
   * roles: how often one is told, and for which action. Decision record 11.
   */
  readonly outputsOfSeveralRows: boolean
  /** Role policies that list nothing about the kind that is asked for. Decision record 11. */
  readonly otherKindsInRolePolicies: boolean
  /** The zone in which an output writes an instant: the oracle keeps that of its text, ours is UTC. */
  readonly zonesOfOutputs: boolean
  /** The mode in which a failed condition is a false one, beside the strict mode. */
  readonly lenientMode: boolean
}

/** What `src/` can do today. */
export const LANDED: Features = {
  rolePolicies: false,
  parentalConsent: true,
  schemas: true,
  outputs: true,
  globals: true,
  topLevelVariables: true,
  matched: false,
  effectiveDerivedRoles: true,
  absorbedVariableErrors: false,
  emptyAttributes: false,
  dotScope: true,
  unfoldedKindPatterns: false,
  parentRolePatterns: false,
  mixedDenyRoles: true,
  severalDerivedRoles: false,
  outputsOfSeveralRows: false,
  otherKindsInRolePolicies: false,
  zonesOfOutputs: false,
  lenientMode: true,
}

/** `LANDED` with more switched on, by name; null when a name is none of ours. */
export function featuresWith(names: readonly string[]): Features | null {
  const known = Object.keys(LANDED)
  if (names.some((name) => !known.includes(name))) return null
  return { ...LANDED, ...Object.fromEntries(names.map((name) => [name, true])) }
}
