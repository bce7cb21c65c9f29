import type { CelType } from '../../src/cel/type.ts'
import { DYN, listOf, mapOf, scalar } from '../../src/cel/type.ts'
import { typeNameOf } from '../../src/cel/type-name.ts'
import type { CelValue } from '../../src/cel/value.ts'
import {
  celBytes,
  celDuration,
  celMap,
  celTimestamp,
  celType,
  celUint,
  isBytes,
  isDuration,
  isList,
  isMap,
  isOptional,
  isTimestamp,
  isTypeValue,
  isUint,
  mapPairs,
} from '../../src/cel/value.ts'

/** A oneof of the corpus: which case is set, and its value. */
export type Choice = { readonly case?: string | undefined; readonly value?: unknown }

/** Something of the corpus that has no counterpart here. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported'
}

type WireTime = { readonly seconds: bigint; readonly nanos: number }
type WireMessage = {
  readonly $typeName: string
  readonly typeUrl?: string
  readonly value?: Uint8Array
}

/** A `cel.expr.Value` as a value of ours. */
export function corpusValue(kind: Choice): CelValue {
  const { value } = kind
  switch (kind.case) {
    case 'nullValue':
      return null
    case 'boolValue':
    case 'int64Value':
    case 'doubleValue':
    case 'stringValue':
      return value as CelValue
    case 'uint64Value':
      return celUint(value as bigint)
    case 'bytesValue':
      return celBytes(value as Uint8Array)
    case 'typeValue':
      return celType(value as string)
    case 'listValue':
      return (value as { values: { kind: Choice }[] }).values.map((item) => corpusValue(item.kind))
    case 'mapValue':
      return celMap(
        (value as { entries: { key: { kind: Choice }; value: { kind: Choice } }[] }).entries.map(
          (entry) => [corpusValue(entry.key.kind), corpusValue(entry.value.kind)] as const,
        ),
      )
    case 'objectValue':
      return messageValue(value as WireMessage)
    case undefined:
    default:
      throw new Unsupported(`value of kind ${kind.case}`)
  }
}

/** Timestamps and durations; other messages are not values here. */
function messageValue(message: WireMessage): CelValue {
  const name = message.typeUrl?.replace('type.googleapis.com/', '') ?? message.$typeName
  const time = readTime(message.value ?? new Uint8Array())
  const nanos = time.seconds * 1_000_000_000n + BigInt(time.nanos)
  if (name === 'google.protobuf.Timestamp') return celTimestamp(nanos)
  if (name === 'google.protobuf.Duration') return celDuration(nanos)
  throw new Unsupported(`message ${name}`)
}

/** Fields 1 (seconds) and 2 (nanos) of the wire format, both varints. */
function readTime(bytes: Uint8Array): WireTime {
  let at = 0
  const varint = (): bigint => {
    let result = 0n
    for (let shift = 0n; ; shift += 7n) {
      const octet = bytes[at] ?? 0
      at += 1
      result |= BigInt(octet & 127) << shift
      if (octet < 128) return BigInt.asIntN(64, result)
    }
  }
  let seconds = 0n
  let nanos = 0
  while (at < bytes.length) {
    const field = varint() >> 3n
    if (field === 1n) seconds = varint()
    else nanos = Number(BigInt.asIntN(32, varint()))
  }
  return { seconds, nanos }
}

const PRIMITIVES = [null, 'bool', 'int', 'uint', 'double', 'string', 'bytes'] as const

/** A `cel.expr.Type` as a type of ours; what we have no type for is `dyn`. */
export function corpusType(kind: Choice): CelType {
  const { value } = kind
  if (kind.case === 'primitive') return scalar(PRIMITIVES[value as number] ?? 'dyn')
  if (kind.case === 'null') return scalar('null')
  if (kind.case === 'wellKnown')
    return value === 2 ? scalar('timestamp') : value === 3 ? scalar('duration') : DYN
  if (kind.case === 'listType')
    return listOf(corpusType((value as { elemType: { typeKind: Choice } }).elemType.typeKind))
  if (kind.case === 'mapType') {
    const map = value as { keyType: { typeKind: Choice }; valueType: { typeKind: Choice } }
    return mapOf(corpusType(map.keyType.typeKind), corpusType(map.valueType.typeKind))
  }
  return DYN
}

/** A value as a text that is equal for equal values of equal types. */
export function canonical(value: CelValue): string {
  if (isList(value)) return `[${value.map(canonical).join(', ')}]`
  if (isMap(value)) {
    return `{${mapPairs(value)
      .map(([key, item]) => `${canonical(key)}: ${canonical(item)}`)
      .toSorted()
      .join(', ')}}`
  }
  if (isUint(value)) return `uint ${value.value}`
  if (isBytes(value)) return `bytes ${value.bytes.join(' ')}`
  if (isTimestamp(value) || isDuration(value)) return `${typeNameOf(value)} ${value.nanos}`
  if (isTypeValue(value)) return `type ${value.name}`
  if (isOptional(value))
    return `optional ${value.value === undefined ? 'none' : canonical(value.value)}`
  if (typeof value === 'number') return `double ${value}`
  return `${typeNameOf(value)} ${String(value)}`
}
