import type { JsonObject } from '../../core/json.ts'
import { reason, type Reason } from '../../core/reason.ts'

/** JSON-RPC 2.0 §5.1, and what MCP 2026-07-28 adds. */
export const RPC_PARSE_ERROR: number = -32700
export const RPC_INVALID_REQUEST: number = -32600
export const RPC_METHOD_NOT_FOUND: number = -32601
export const RPC_INVALID_PARAMS: number = -32602
export const RPC_INTERNAL_ERROR: number = -32603
export const RPC_HEADER_MISMATCH: number = -32020
export const RPC_UNSUPPORTED_VERSION: number = -32022

/** A request that breaks the protocol: why, and the code and status by which the protocol says so. */
export type Fault = {
  readonly reason: Reason
  readonly rpcCode: number
  readonly status: number
  /** Members that the protocol wants in `error.data`. */
  readonly data: JsonObject
}

export const notParsed = (why: Reason): Fault => fault(why, RPC_PARSE_ERROR, 400)

export const invalidRequest = (detail: string): Fault =>
  fault(reason('malformed', detail), RPC_INVALID_REQUEST, 400)

export const invalidParams = (detail: string): Fault =>
  fault(reason('malformed', detail), RPC_INVALID_PARAMS, 400)

export const tooLarge = (why: Reason): Fault => fault(why, RPC_INVALID_REQUEST, 413)

export const headerMismatch = (detail: string): Fault =>
  fault(reason('malformed', detail), RPC_HEADER_MISMATCH, 400)

export const unsupportedVersion = (requested: string, supported: readonly string[]): Fault =>
  fault(
    reason('unsupported', 'this protocol version is not supported'),
    RPC_UNSUPPORTED_VERSION,
    400,
    { requested: requested.slice(0, VERSION_LENGTH_MAX), supported },
  )

/** No such method, or one that the gateway does not carry; the modern era wants 404 with it. */
export const noSuchMethod = (detail: string, modern: boolean): Fault =>
  fault(reason('unsupported', detail), RPC_METHOD_NOT_FOUND, modern ? 404 : 200)

/** A session that is not the caller's answers like one that never was (SECURITY 16). */
export const noSuchSession = (): Fault =>
  fault(reason('not_found', 'no such session'), RPC_INVALID_REQUEST, 404)

export const upstreamFailed = (why: Reason): Fault => fault(why, RPC_INTERNAL_ERROR, 502)

/** A version is a date; more of it is not repeated. */
const VERSION_LENGTH_MAX = 32

const fault = (why: Reason, rpcCode: number, status: number, data: JsonObject = {}): Fault => ({
  reason: why,
  rpcCode,
  status,
  data,
})
