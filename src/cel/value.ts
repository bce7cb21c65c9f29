/** Marks every value that JSON does not have; a symbol, so that no JSON object can pretend to be one. */
export const celTag: unique symbol = Symbol('cel')

export type CelUint = { readonly [celTag]: 'uint'; readonly value: bigint }
export type CelBytes = { readonly [celTag]: 'bytes'; readonly bytes: Uint8Array }
/** Nanoseconds since 1970-01-01T00:00:00Z, from year 1 to year 9999. */
export type CelTimestamp = { readonly [celTag]: 'timestamp'; readonly nanos: bigint }
/** A signed span of time in nanoseconds. */
export type CelDuration = { readonly [celTag]: 'duration'; readonly nanos: bigint }
/** The name of a type as a value, for example `int` or `google.protobuf.Timestamp`. */
export type CelTypeValue = { readonly [celTag]: 'type'; readonly name: string }
/** `value` is undefined for `optional.none()`. */
export type CelOptional = { readonly [celTag]: 'optional'; readonly value: CelValue | undefined }
export type CelMapKey = boolean | bigint | string
/** A map made by an expression. Integers are keyed by their value, so that `1`, `1u` and `1.0` meet. */
export type CelMap = {
  readonly [celTag]: 'map'
  readonly entries: ReadonlyMap<CelMapKey, { readonly key: CelValue; readonly value: CelValue }>
}
export type CelHierarchy = { readonly [celTag]: 'hierarchy'; readonly parts: readonly string[] }
export type CelSpiffeId = {
  readonly [celTag]: 'spiffe_id'
  readonly trustDomain: string
  readonly path: string
}
export type CelTrustDomain = { readonly [celTag]: 'trust_domain'; readonly name: string }
/** What `matchesID` tests: any id, these ids, or every id of one trust domain. */
export type CelSpiffeMatcher = {
  readonly [celTag]: 'spiffe_matcher'
  readonly ids: readonly string[] | null
  readonly trustDomain: string | null
}
/** An address as a number: 32 bits for version 4, 128 for version 6. */
export type CelIp = {
  readonly [celTag]: 'ip'
  readonly family: 4 | 6
  readonly bits: bigint
}
export type CelCidr = {
  readonly [celTag]: 'cidr'
  readonly family: 4 | 6
  readonly bits: bigint
  readonly length: number
}

export type CelTagged =
  | CelUint
  | CelBytes
  | CelTimestamp
  | CelDuration
  | CelTypeValue
  | CelOptional
  | CelMap
  | CelHierarchy
  | CelSpiffeId
  | CelTrustDomain
  | CelSpiffeMatcher
  | CelIp
  | CelCidr

export type CelList = readonly CelValue[]
/** A JSON object as a map from strings; only own properties exist. */
export type CelObject = { readonly [key: string]: CelValue }

/**
 * A value of the language. A double is a JavaScript number, an int a bigint within 64 bits; what
 * JSON has is used as it is, so numbers from JSON are doubles (as in protobuf's `Value`).
 */
export type CelValue = null | boolean | number | bigint | string | CelList | CelObject | CelTagged

export type CelKind =
  | 'null'
  | 'bool'
  | 'double'
  | 'int'
  | 'string'
  | 'list'
  | CelTagged[typeof celTag]

/** The kind of a value at run time; a JSON object is a `map`. */
export function kindOf(value: CelValue): CelKind {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number') return 'double'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value !== 'object' || value === null) return 'null'
  return Array.isArray(value) ? 'list' : (tagOf(value) ?? 'map')
}

export const tagOf = (value: object): CelTagged[typeof celTag] | undefined =>
  (value as { readonly [celTag]?: CelTagged[typeof celTag] })[celTag]

const hasTag = (value: unknown, tag: string): boolean =>
  typeof value === 'object' && value !== null && tagOf(value) === tag

export const isUint = (value: unknown): value is CelUint => hasTag(value, 'uint')
export const isBytes = (value: unknown): value is CelBytes => hasTag(value, 'bytes')
export const isTimestamp = (value: unknown): value is CelTimestamp => hasTag(value, 'timestamp')
export const isDuration = (value: unknown): value is CelDuration => hasTag(value, 'duration')
export const isOptional = (value: unknown): value is CelOptional => hasTag(value, 'optional')
export const isCelMap = (value: unknown): value is CelMap => hasTag(value, 'map')
export const isHierarchy = (value: unknown): value is CelHierarchy => hasTag(value, 'hierarchy')
export const isTypeValue = (value: unknown): value is CelTypeValue => hasTag(value, 'type')
export const isList = (value: unknown): value is CelList => Array.isArray(value)
export const isMap = (value: CelValue): value is CelMap | CelObject => kindOf(value) === 'map'

export const celUint = (value: bigint): CelUint => ({ [celTag]: 'uint', value })
export const celBytes = (bytes: Uint8Array): CelBytes => ({ [celTag]: 'bytes', bytes })
export const celTimestamp = (nanos: bigint): CelTimestamp => ({ [celTag]: 'timestamp', nanos })
export const celDuration = (nanos: bigint): CelDuration => ({ [celTag]: 'duration', nanos })
export const celType = (name: string): CelTypeValue => ({ [celTag]: 'type', name })
export const celOptional = (value: CelValue | undefined): CelOptional => ({
  [celTag]: 'optional',
  value,
})

/** A map from pairs; a later pair replaces an earlier one with an equal key. */
export function celMap(pairs: Iterable<readonly [CelValue, CelValue]>): CelMap {
  const entries = new Map<CelMapKey, { readonly key: CelValue; readonly value: CelValue }>()
  for (const [key, value] of pairs) {
    const at = mapKey(key)
    if (at !== undefined) entries.set(at, { key, value })
  }
  return { [celTag]: 'map', entries }
}

/**
 * Marks an object that stands for a message of protobuf: its fields can always be read, and one that
 * is empty counts as absent for `has` and for optional selection.
 */
export const messageTag: unique symbol = Symbol('message')

/** Whether a field that was found counts as absent, being an empty one of a message. */
export function isUnset(owner: object, value: CelValue): boolean {
  if (!(messageTag in owner)) return false
  if (value === null || value === '') return true
  return isList(value) ? value.length === 0 : isMap(value) && mapSize(value) === 0
}

/** Under which key a map holds a value, or undefined when nothing can be held under it. */
export function mapKey(key: CelValue): CelMapKey | undefined {
  if (typeof key === 'string' || typeof key === 'boolean' || typeof key === 'bigint') return key
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : undefined
  return isUint(key) ? key.value : undefined
}

/** The value under a key; undefined when there is none. */
export function mapGet(map: CelMap | CelObject, key: CelValue): CelValue | undefined {
  if (isCelMap(map)) {
    const at = mapKey(key)
    return at === undefined ? undefined : map.entries.get(at)?.value
  }
  return typeof key === 'string' && Object.hasOwn(map, key) ? map[key] : undefined
}

export const mapSize = (map: CelMap | CelObject): number =>
  isCelMap(map) ? map.entries.size : Object.keys(map).length

/** Pairs in the order of insertion. */
export function mapPairs(map: CelMap | CelObject): (readonly [CelValue, CelValue])[] {
  if (isCelMap(map)) return Array.from(map.entries.values(), ({ key, value }) => [key, value])
  return Object.entries(map).filter((pair) => pair[1] !== undefined)
}
