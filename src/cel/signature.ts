import { invariant } from '../core/bug.ts'
import type { CelType, ScalarName } from './type.ts'
import { listOf, mapOf, optionalOf, scalar } from './type.ts'

type Signature = {
  readonly name: string
  readonly method: boolean
  readonly parameters: readonly CelType[]
  readonly result: CelType
}

const SCALARS: ReadonlySet<string> = new Set<ScalarName>([
  'dyn',
  'null',
  'bool',
  'int',
  'uint',
  'double',
  'string',
  'bytes',
  'timestamp',
  'duration',
  'hierarchy',
  'spiffe_id',
  'trust_domain',
  'spiffe_matcher',
  'ip',
  'cidr',
])

/** Reads the signatures that our own library declares; a malformed one is a bug. */
export function parseSignature(text: string): Signature {
  const match = /^(?:(.+)\.)?([A-Za-z_@!<>=&|+\-*/%?:[\]]+)\((.*)\): (.+)$/.exec(text)
  invariant(match !== null, `signature ${text}`)
  const [, owner, name = '', parameters = '', result = ''] = match
  const types = splitTypes(parameters).map(parseType)
  if (owner === undefined)
    return { name, method: false, parameters: types, result: parseType(result) }
  if (!isType(owner)) {
    return { name: `${owner}.${name}`, method: false, parameters: types, result: parseType(result) }
  }
  return { name, method: true, parameters: [parseType(owner), ...types], result: parseType(result) }
}

const isType = (text: string): boolean =>
  SCALARS.has(text) || /^[A-Z]$/.test(text) || /^(?:list|map|optional|type)\(/.test(text)

/** A type in the notation of signatures: `list(string)`, `map(K, V)`, `dyn`; one capital is a parameter. */
export function parseType(text: string): CelType {
  if (SCALARS.has(text)) return scalar(text as ScalarName)
  if (/^[A-Z]$/.test(text)) return { kind: 'param', name: text }
  const match = /^(list|map|optional|type)\((.*)\)$/.exec(text)
  invariant(match !== null, `type ${text}`)
  const [first, second] = splitTypes(match[2] ?? '').map(parseType)
  invariant(first !== undefined, `type ${text}`)
  if (match[1] === 'list') return listOf(first)
  if (match[1] === 'optional') return optionalOf(first)
  if (match[1] === 'type') return { kind: 'type', element: first }
  invariant(second !== undefined, `type ${text}`)
  return mapOf(first, second)
}

function splitTypes(text: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let part = ''
  for (const character of text) {
    if (character === '(') depth += 1
    if (character === ')') depth -= 1
    if (character === ',' && depth === 0) {
      parts.push(part.trim())
      part = ''
    } else part += character
  }
  return part.trim() === '' ? parts : [...parts, part.trim()]
}
