import type { Json, JsonObject } from '../../core/json.ts'
import type { Reply } from '../../core/path.ts'
import type { RpcId } from './message.ts'

/**
 * Our own JSON-RPC code for a denial. It stands outside the range that JSON-RPC 2.0 §5.1 reserves,
 * because MCP 2026-07-28 allows no new codes from -32000 to -32099.
 */
export const RPC_DENIED: number = -31403

/** A reply that is not streamed. */
export type WholeReply = Reply & { readonly body: Uint8Array }

export const rpcResult = (id: RpcId | null, result: JsonObject): JsonObject => ({
  jsonrpc: '2.0',
  id,
  result,
})

export const rpcError = (
  id: RpcId | null,
  code: number,
  message: string,
  data?: JsonObject,
): JsonObject => ({
  jsonrpc: '2.0',
  id,
  error: data === undefined ? { code, message } : { code, message, data },
})

export const jsonReply = (
  status: number,
  json: Json,
  headers: Readonly<Record<string, string>> = {},
): WholeReply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: new TextEncoder().encode(JSON.stringify(json)),
})

export const emptyReply = (status: number): WholeReply => ({
  status,
  headers: {},
  body: new Uint8Array(0),
})
