/** What an engine says of one action on one resource. */
export type Verdict = {
  readonly effect: 'EFFECT_ALLOW' | 'EFFECT_DENY'
  /** Policy and scope, in words. */
  readonly matched: string
}

/** What an engine says of one resource. */
export type Answer = {
  readonly actions: ReadonlyMap<string, Verdict>
  readonly derivedRoles: readonly string[]
  /** One line each, sorted. */
  readonly outputs: readonly string[]
  /** Source, path and message of each, sorted. */
  readonly validationErrors: readonly string[]
}
