/** Parts of the language that a generated store may use; each is off until our loader takes it. */
export type Features = {
  /** `rolePolicy`. */
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
  /** The policy and scope to which the answer is put down. */
  readonly matched: boolean
  /** The derived roles that the answer names. */
  readonly effectiveDerivedRoles: boolean
  /**
   * A failed variable in an expression that could do without it (`V.failed || true`,
   * `has(V.failed)`): strict evaluation of ours denies, the oracle lets the rest decide.
   */
  readonly absorbedVariableErrors: boolean
  /** The mode in which a failed condition is a false one, beside the strict mode. */
  readonly lenientMode: boolean
}

/** What `src/` can do today. */
export const LANDED: Features = {
  rolePolicies: false,
  parentalConsent: false,
  schemas: false,
  outputs: false,
  globals: false,
  topLevelVariables: false,
  matched: false,
  effectiveDerivedRoles: false,
  absorbedVariableErrors: false,
  lenientMode: false,
}

/** `LANDED` with more switched on, by name; null when a name is none of ours. */
export function featuresWith(names: readonly string[]): Features | null {
  const known = Object.keys(LANDED)
  if (names.some((name) => !known.includes(name))) return null
  return { ...LANDED, ...Object.fromEntries(names.map((name) => [name, true])) }
}
