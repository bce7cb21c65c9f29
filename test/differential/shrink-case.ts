import type { Call } from './a-call.ts'
import { renderCall } from './a-call.ts'
import type { Unit } from './a-unit.ts'
import type { Case, StoreSetup } from './compare-store.ts'
import { ask, openStore } from './compare-store.ts'
import { reductions } from './reduce-unit.ts'
import { renderUnit } from './render-unit.ts'

/** All candidates of a round stand in one store, since a start of the other engine is dear. */
const CANDIDATES_MAX = 50
const ROUNDS_MAX = 25

/**
 * The simplest unit found on which the engines still differ about the one resource of the call.
 * Null when they agree once the unit stands alone: then other units of the store had a part in it.
 */
export async function shrinkCase(setup: StoreSetup, found: Case): Promise<Case | null> {
  let smallest = await firstFailing(setup, [found.unit], narrowed(found))
  for (let round = 0; smallest !== null && round < ROUNDS_MAX; round++) {
    const known = smallest
    const candidates = reductions(known.unit).toSorted(
      (left, right) => sizeOf(left) - sizeOf(right),
    )
    const better =
      (await firstFailing(setup, candidates.slice(0, CANDIDATES_MAX), known.call)) ??
      (await firstFailing(setup, candidates.slice(CANDIDATES_MAX), known.call))
    if (better === null) return known
    smallest = better
  }
  return smallest
}

const sizeOf = (unit: Unit): number => JSON.stringify(unit).length

function narrowed({ call, disagreement }: Case): Call {
  const one = call.resources[disagreement.resource]
  if (one === undefined) return call
  const { action } = disagreement
  return { ...call, resources: [{ ...one, actions: action === null ? one.actions : [action] }] }
}

async function firstFailing(
  setup: StoreSetup,
  units: readonly Unit[],
  call: Call,
): Promise<Case | null> {
  if (units.length === 0) return null
  const store = await openStore(setup, units)
  try {
    for (const [index, unit] of units.entries()) {
      if (store.missing.has(index)) continue
      const { differing } = await ask(setup, store, renderCall(call, unit.kind, index))
      const [disagreement] = differing
      if (disagreement !== undefined) return { unit, call, disagreement }
    }
    return null
  } finally {
    await store.theirs.stop()
  }
}

/** The policies, the request and both answers, for people. */
export function formatCase(setup: StoreSetup, { unit, call, disagreement }: Case): string {
  const { about, action, theirs, ours } = disagreement
  const files = renderUnit(setup.features, unit, 0).map(({ path, text }) => `--- ${path}\n${text}`)
  return [
    `${about} of ${action ?? 'the resource'}: cerbos ${theirs}, reeve ${ours}`,
    `mode: ${setup.strict ? 'strict' : 'lenient'}, schemas ${setup.schemas}`,
    renderCall(call, unit.kind, 0),
    ...files,
  ].join('\n')
}
