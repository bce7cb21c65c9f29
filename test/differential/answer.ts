/** What an engine says of one action on one resource; a part it does not tell is undefined. */
export type Verdict = {
  readonly effect: 'EFFECT_ALLOW' | 'EFFECT_DENY'
  readonly matched?: string
}

/** What an engine says of one resource. */
export type Answer = {
  readonly actions: ReadonlyMap<string, Verdict>
  readonly derivedRoles?: readonly string[]
  /** JSON texts, sorted. */
  readonly outputs?: readonly string[]
  /** `source path` of each, sorted; the texts are the schema library's own. */
  readonly validationErrors?: readonly string[]
}
