/** Something only we can cause. Never caught except at the process edge, which denies. */
export class Bug extends Error {
  override readonly name = 'Bug'
}

/** Throws a `Bug` unless the claim holds. */
export function invariant(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new Bug(claim)
}
