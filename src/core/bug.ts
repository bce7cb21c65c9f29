/** Something only we can cause. Never caught except at the process edge, which denies. */
export class Bug extends Error {
  override readonly name = 'Bug'
}

/** Throws a `Bug` unless the claim holds. */
export function invariant(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new Bug(claim)
}

/** The end of an exhaustive switch: unreachable while the compiler agrees, a `Bug` when it was misled. */
export function unreachable(value: never): never {
  throw new Bug(`unexpected value ${JSON.stringify(value)}`)
}
