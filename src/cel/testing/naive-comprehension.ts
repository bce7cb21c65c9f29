import type { Operand } from '../operand.ts'
import { celError, isError, isHalt, isUnknown, UNKNOWN } from '../operand.ts'
import type { ComprehensionNode, Node } from '../tree.ts'
import { rangeError } from '../operator-error.ts'
import type { CelList, CelValue } from '../value.ts'
import {
  celMap,
  isBytes,
  isDuration,
  isList,
  isMap,
  isTimestamp,
  isUint,
  kindOf,
  mapPairs,
} from '../value.ts'
import { naiveBinary, same, shownKey } from './naive-operators.ts'

type Pair = readonly [CelValue, CelValue]
type Round = { readonly pair: Pair; readonly guard: Operand; readonly body: Operand }

/** Runs every round first, then makes of the rounds what the macro says. */
export function naiveComprehension(
  node: ComprehensionNode,
  interpretNode: (node: Node) => Operand,
  setLocals: (owner: Node, values: readonly Operand[]) => void,
): Operand {
  const range = interpretNode(node.range)
  if (isHalt(range)) return isError(range) ? range : UNKNOWN
  if (!isList(range) && !isMap(range)) return rangeError(range, node.variables.length)
  const pairs: readonly Pair[] = isList(range)
    ? range.map((item, at) => [BigInt(at), item])
    : mapPairs(range)
  const single = (pair: Pair): CelValue => (isList(range) ? pair[1] : pair[0])
  const rounds = pairs.map((pair): Round => {
    setLocals(node, node.variables.length === 1 ? [single(pair)] : pair)
    const guard = node.guard === null ? true : interpretNode(node.guard)
    return { pair, guard, body: guard === true ? interpretNode(node.body) : null }
  })
  const bodies = rounds.map(({ body }) => body)
  switch (node.macro) {
    case 'all':
      return quantified(bodies, false)
    case 'exists':
      return quantified(bodies, true)
    case 'existsOne': {
      const odd = bodies.find((body) => typeof body !== 'boolean')
      return odd === undefined ? bodies.filter((body) => body === true).length === 1 : halt(odd)
    }
    case 'filter': {
      const odd = bodies.find((body) => typeof body !== 'boolean')
      if (odd !== undefined) return halt(odd)
      return rounds.filter(({ body }) => body === true).map(({ pair }) => single(pair))
    }
    case 'map':
    case 'transformList':
      return chosen(rounds, (kept) => kept.map(({ body }) => body as CelValue))
    case 'transformMap':
      return chosen(rounds, (kept) =>
        unique(kept.map(({ pair, body }) => [pair[0], body as CelValue])),
      )
    case 'transformMapEntry':
      return entries(rounds)
    case 'sortBy':
      return isList(range) ? sorted(range, bodies) : celError('no such overload')
  }
}

const halt = (operand: Operand): Operand =>
  isHalt(operand) ? (isError(operand) ? operand : UNKNOWN) : celError('no such overload')

function quantified(bodies: readonly Operand[], decisive: boolean): Operand {
  if (bodies.includes(decisive)) return decisive
  if (bodies.some((body) => isUnknown(body))) return UNKNOWN
  const odd = bodies.find((body) => typeof body !== 'boolean')
  return odd === undefined ? !decisive : halt(odd)
}

/** The rounds that the guard lets through, unless a guard or a body before the end has no value. */
function chosen(rounds: readonly Round[], make: (kept: readonly Round[]) => Operand): Operand {
  for (const { guard, body } of rounds) {
    if (typeof guard !== 'boolean') return halt(guard)
    if (guard && isHalt(body)) return halt(body)
  }
  return make(rounds.filter(({ guard }) => guard === true))
}

function entries(rounds: readonly Round[]): Operand {
  const pairs: Pair[] = []
  for (const { guard, body } of rounds) {
    if (typeof guard !== 'boolean') return halt(guard)
    if (!guard) continue
    if (isHalt(body) || !isMap(body)) return halt(body)
    pairs.push(...mapPairs(body))
    const made = unique(pairs)
    if (isHalt(made)) return made
  }
  return celMap(pairs)
}

function unique(pairs: readonly Pair[]): Operand {
  for (const [at, [key]] of pairs.entries()) {
    if (pairs.slice(0, at).some(([other]) => same(other, key))) {
      return celError(`insert failed: key ${shownKey(key)} already exists`)
    }
  }
  return celMap(pairs)
}

function sorted(list: CelList, keys: readonly Operand[]): Operand {
  const odd = keys.find((key) => isHalt(key))
  if (odd !== undefined) return halt(odd)
  const [first] = keys as readonly CelValue[]
  if (first === undefined) return []
  if ((keys as readonly CelValue[]).some((key) => kindOf(key) !== kindOf(first))) {
    return celError('list elements must have the same type')
  }
  const comparable = ['string', 'number', 'bigint', 'boolean'].includes(typeof first)
  if (
    !comparable &&
    !isUint(first) &&
    !isBytes(first) &&
    !isTimestamp(first) &&
    !isDuration(first)
  ) {
    return celError('list elements must be comparable')
  }
  // Insertion, from left to right, each after the last that is not greater.
  const made: { readonly key: CelValue; readonly value: CelValue }[] = []
  for (const [at, key] of (keys as readonly CelValue[]).entries()) {
    const before = made.filter((other) => naiveBinary('<=', other.key, key) === true).length
    made.splice(before, 0, { key, value: list[at] ?? null })
  }
  return made.map(({ value }) => value)
}
