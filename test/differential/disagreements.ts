import type { Answer } from './answer.ts'
import type { Features } from './features.ts'
import { withoutZones } from './output-text.ts'

/** Where two answers to one request differ: which resource of the request, which action, in what. */
export type Disagreement = {
  readonly resource: number
  readonly action: string | null
  readonly about: 'effect' | 'matched' | 'derived roles' | 'outputs' | 'validation errors'
  readonly theirs: string
  readonly ours: string
}

/** Compares what both tell. */
export function disagreements(
  features: Features,
  theirs: readonly Answer[],
  ours: readonly Answer[],
): readonly Disagreement[] {
  const length = Math.max(theirs.length, ours.length)
  return Array.from({ length }, (_, resource) =>
    compareAnswers(features, resource, theirs[resource] ?? NOTHING, ours[resource] ?? NOTHING),
  ).flat()
}

const NOTHING: Answer = { actions: new Map(), derivedRoles: [], outputs: [], validationErrors: [] }

function compareAnswers(
  features: Features,
  resource: number,
  theirs: Answer,
  ours: Answer,
): readonly Disagreement[] {
  const found: Disagreement[] = []
  const compare = (
    about: Disagreement['about'],
    action: string | null,
    [their, our]: readonly [string, string],
  ): void => {
    if (their !== our) found.push({ resource, action, about, theirs: their, ours: our })
  }
  for (const action of new Set([...theirs.actions.keys(), ...ours.actions.keys()])) {
    const their = theirs.actions.get(action)
    const our = ours.actions.get(action)
    compare('effect', action, [their?.effect ?? 'none', our?.effect ?? 'none'])
    if (features.matched) compare('matched', action, [their?.matched ?? '', our?.matched ?? ''])
  }
  const lists = [
    ['derived roles', 'derivedRoles', features.effectiveDerivedRoles],
    ['outputs', 'outputs', features.outputs],
    ['validation errors', 'validationErrors', features.schemas],
  ] as const
  for (const [about, key, isCompared] of lists)
    if (isCompared)
      compare(about, null, [textOf(features, theirs[key]), textOf(features, ours[key])])
  return found
}

const textOf = ({ zonesOfOutputs }: Features, lines: readonly string[]): string =>
  (zonesOfOutputs ? lines : lines.map(withoutZones).toSorted()).join('\n')
