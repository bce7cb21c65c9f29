/** Names of the types without parameters. */
export type ScalarName =
  | 'dyn'
  | 'null'
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'hierarchy'
  | 'spiffe_id'
  | 'trust_domain'
  | 'spiffe_matcher'
  | 'ip'
  | 'cidr'

/** What the checker knows of a value. `param` stands for one type throughout a signature. */
export type CelType =
  | { readonly kind: ScalarName }
  | { readonly kind: 'list' | 'optional' | 'type'; readonly element: CelType }
  | { readonly kind: 'map'; readonly key: CelType; readonly value: CelType }
  | { readonly kind: 'param'; readonly name: string }

export const DYN: CelType = { kind: 'dyn' }
export const scalar = (kind: ScalarName): CelType => ({ kind })
export const listOf = (element: CelType): CelType => ({ kind: 'list', element })
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: 'map', key, value })
export const optionalOf = (element: CelType): CelType => ({ kind: 'optional', element })

/** A type as people write it, as in `map(string, dyn)`. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case 'list':
    case 'optional':
    case 'type':
      return `${type.kind}(${typeText(type.element)})`
    case 'map':
      return `map(${typeText(type.key)}, ${typeText(type.value)})`
    case 'param':
      return type.name
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
      return type.kind
  }
}
