import type { CelType } from './type.ts'
import { DYN, listOf, mapOf, optionalOf } from './type.ts'

/** Which types the parameters of a signature stand for, as far as is known. */
export type Substitution = Map<string, CelType>

/** Types that `null` may stand for besides its own. */
const NULLABLE: ReadonlySet<CelType['kind']> = new Set([
  'timestamp',
  'duration',
  'optional',
  'ip',
  'cidr',
])

/** Whether a value of type `actual` may stand where `expected` is asked, binding type parameters. */
export function assignable(expected: CelType, actual: CelType, bound: Substitution): boolean {
  if (expected.kind === 'param') return bindParameter(expected.name, actual, bound)
  if (expected.kind === 'dyn' || actual.kind === 'dyn' || actual.kind === 'param') return true
  if (actual.kind === 'null' && NULLABLE.has(expected.kind)) return true
  if (expected.kind !== actual.kind) return false
  if (expected.kind === 'map' && actual.kind === 'map') {
    return (
      assignable(expected.key, actual.key, bound) && assignable(expected.value, actual.value, bound)
    )
  }
  if (
    (expected.kind === 'list' || expected.kind === 'optional') &&
    (actual.kind === 'list' || actual.kind === 'optional')
  ) {
    return assignable(expected.element, actual.element, bound)
  }
  return true
}

function bindParameter(name: string, actual: CelType, bound: Substitution): boolean {
  const known = bound.get(name)
  if (known === undefined) {
    bound.set(name, actual)
    return true
  }
  const joined = join(known, actual)
  if (joined === null) return false
  bound.set(name, joined)
  return true
}

/** The type of a value that is one or the other; null when they have nothing in common. */
export function join(left: CelType, right: CelType): CelType | null {
  if (left.kind === 'dyn' || right.kind === 'dyn') return DYN
  if (left.kind === 'null' && NULLABLE.has(right.kind)) return right
  if (right.kind === 'null' && NULLABLE.has(left.kind)) return left
  if (left.kind === 'list' && right.kind === 'list')
    return joinElements(left.element, right.element, listOf)
  if (left.kind === 'optional' && right.kind === 'optional') {
    return joinElements(left.element, right.element, optionalOf)
  }
  if (left.kind === 'map' && right.kind === 'map') {
    const key = join(left.key, right.key)
    const value = join(left.value, right.value)
    return key === null || value === null ? null : mapOf(key, value)
  }
  return left.kind === right.kind ? left : null
}

function joinElements(
  left: CelType,
  right: CelType,
  make: (element: CelType) => CelType,
): CelType | null {
  const element = join(left, right)
  return element === null ? null : make(element)
}

/** A type with its parameters replaced by what they stand for, or by `dyn`. */
export function instantiate(type: CelType, bound: Substitution): CelType {
  switch (type.kind) {
    case 'param':
      return bound.get(type.name) ?? DYN
    case 'list':
    case 'optional':
    case 'type':
      return { kind: type.kind, element: instantiate(type.element, bound) }
    case 'map':
      return mapOf(instantiate(type.key, bound), instantiate(type.value, bound))
    case 'dyn':
    case 'null':
    case 'bool':
    case 'int':
    case 'uint':
    case 'double':
    case 'string':
    case 'bytes':
    case 'timestamp':
    case 'duration':
    case 'hierarchy':
    case 'spiffe_id':
    case 'trust_domain':
    case 'spiffe_matcher':
    case 'ip':
    case 'cidr':
      return type
  }
}
