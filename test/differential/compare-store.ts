import fc from 'fast-check'
import type { CompiledRelease } from '../../src/policy/release.ts'
import type { Call } from './a-call.ts'
import { aCall, renderCall } from './a-call.ts'
import type { Unit } from './a-unit.ts'
import { aUnit, GLOBALS } from './a-unit.ts'
import type { CerbosServer } from './cerbos-server.ts'
import { PoliciesRefused, startCerbos } from './cerbos-server.ts'
import type { Disagreement } from './disagreements.ts'
import type { EngineSetup } from './engine-setup.ts'
import { disagreements } from './disagreements.ts'
import type { Features } from './features.ts'
import { checkOurs, loadOurs } from './our-engine.ts'
import { renderAnchors, renderUnit, unitOfFile } from './render-unit.ts'
import { checkTheirs } from './their-engine.ts'

/** How a store is made and which mode it is asked in. */
export type StoreSetup = {
  readonly features: Features
  readonly strict: boolean
  readonly schemas: EngineSetup['schemas']
}

/** Stores take turns in what their schemas do to a request that does not fit. */
export const enforcementOf = ({ schemas }: Features, seed: number): EngineSetup['schemas'] =>
  schemas ? (ENFORCEMENTS[seed % ENFORCEMENTS.length] ?? 'none') : 'none'

const ENFORCEMENTS = ['reject', 'warn', 'none'] as const

/** A unit and a call about it that the engines answer differently. */
export type Case = {
  readonly unit: Unit
  readonly call: Call
  readonly disagreement: Disagreement
}

/** What became of one store. */
export type StoreReport = {
  readonly compared: number
  readonly allowed: number
  readonly cases: readonly Case[]
  /** Units that one engine takes and the other does not. */
  readonly refusals: readonly string[]
}

/** Both engines with the same store. */
export type OpenStore = {
  readonly ours: CompiledRelease
  readonly theirs: CerbosServer
  /** Numbers of units that an engine refused, which are in neither. */
  readonly missing: ReadonlySet<number>
  readonly refusals: readonly string[]
}

/** Each time a unit is refused the rest is loaded again. */
const LOADS_MAX = 12

/** Loads units into both engines; those that one of them refuses are left out and reported. */
export async function openStore(setup: StoreSetup, units: readonly Unit[]): Promise<OpenStore> {
  const { features, strict, schemas } = setup
  const anchors = renderAnchors(features)
  const rendered = units.map((unit, index) => renderUnit(features, unit, index))
  const missing = new Set<number>()
  const refusals: string[] = []
  const refuse = (who: string, complaints: ReadonlyMap<string, string>): void => {
    for (const [path, words] of complaints) {
      const index = unitOfFile(path)
      if (index === null) throw new Error(`${who} refuses ${path}: ${words}`)
      missing.add(index)
      refusals.push(`${who} refuses ${path}: ${words}`)
    }
  }
  for (let load = 0; load < LOADS_MAX; load++) {
    const kept = rendered.filter((_, index) => !missing.has(index)).flat()
    const engine: EngineSetup = { files: [...anchors, ...kept], strict, schemas, globals: GLOBALS }
    const ours = loadOurs(engine)
    if (!ours.ok) {
      refuse('reeve', ours.error)
      continue
    }
    try {
      const theirs = await startCerbos(engine)
      return { ours: ours.value, theirs, missing, refusals }
    } catch (error) {
      if (!(error instanceof PoliciesRefused) || error.complaints.size === 0) throw error
      refuse('cerbos', error.complaints)
    }
  }
  throw new Error(`no store after ${LOADS_MAX} loads:\n${refusals.join('\n')}`)
}

/** Asks both engines the same; how many decisions that were, and where they differ. */
export async function ask(
  setup: StoreSetup,
  store: OpenStore,
  body: string,
): Promise<{
  readonly compared: number
  readonly allowed: number
  readonly differing: readonly Disagreement[]
}> {
  const theirs = await checkTheirs(store.theirs, body)
  const verdicts = theirs.flatMap(({ actions }) => [...actions.values()])
  return {
    compared: verdicts.length,
    allowed: verdicts.filter(({ effect }) => effect === 'EFFECT_ALLOW').length,
    differing: disagreements(comparedIn(setup), theirs, checkOurs(store.ours, body)),
  }
}

/** Which derived roles hold is compared in strict mode: in the other one failed variables differ. */
const comparedIn = ({ features, strict }: StoreSetup): Features => ({
  ...features,
  effectiveDerivedRoles: features.effectiveDerivedRoles && strict,
})

/** Generates a store from a seed and compares the answers to generated requests about it. */
export async function compareStore(
  setup: StoreSetup,
  size: { readonly seed: number; readonly units: number; readonly callsPerUnit: number },
): Promise<StoreReport> {
  const { seed, callsPerUnit } = size
  const units = fc.sample(aUnit(setup.features), { seed, numRuns: size.units })
  const calls = fc.sample(aCall(setup.features), { seed, numRuns: size.units * callsPerUnit })
  const store = await openStore(setup, units)
  const report = { compared: 0, allowed: 0, cases: [] as Case[], refusals: store.refusals }
  try {
    for (const [at, call] of calls.entries()) {
      const index = Math.floor(at / callsPerUnit)
      const unit = units[index]
      if (unit === undefined || store.missing.has(index)) continue
      const answer = await ask(setup, store, renderCall(call, unit.kind, index))
      report.compared += answer.compared
      report.allowed += answer.allowed
      for (const disagreement of answer.differing) report.cases.push({ unit, call, disagreement })
    }
  } finally {
    await store.theirs.stop()
  }
  return report
}
