import type { Operand } from './operand.ts'
import { celError } from './operand.ts'
import { celDuration, celTimestamp } from './value.ts'

export const NANOS_PER_SECOND: bigint = 1_000_000_000n

/** 0001-01-01T00:00:00Z, the first instant of protobuf's Timestamp. */
const TIMESTAMP_SECONDS_MIN = -62_135_596_800n
/** 9999-12-31T23:59:59Z, its last whole second. */
const TIMESTAMP_SECONDS_MAX = 253_402_300_799n

/** An instant, or an error outside the years 1 to 9999. */
export function timestampOf(nanos: bigint): Operand {
  const inRange =
    nanos >= TIMESTAMP_SECONDS_MIN * NANOS_PER_SECOND &&
    nanos < (TIMESTAMP_SECONDS_MAX + 1n) * NANOS_PER_SECOND
  return inRange ? celTimestamp(nanos) : celError('timestamp overflow')
}

/** A span of time, or an error beyond 64 bits of nanoseconds (292 years), as in the reference. */
export const durationOf = (nanos: bigint): Operand =>
  BigInt.asIntN(64, nanos) === nanos ? celDuration(nanos) : celError('integer overflow')
