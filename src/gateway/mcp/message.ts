import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { readJson } from '../../core/read-json.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { invalidRequest, notParsed, type Fault } from './fault.ts'

/** The id of a request (MCP, `RequestId`). */
export type RpcId = string | number

/** One message from a client, its JSON-RPC envelope checked. */
export type Message = {
  /** Null for a notification. */
  readonly id: RpcId | null
  readonly method: string
  readonly params: JsonObject
  /** The whole message, for its digest. */
  readonly json: JsonObject
}

/** A message that broke the envelope, with its id where one could be read. */
export type BadMessage = { readonly id: RpcId | null; readonly fault: Fault }

/** Ids are echoed in replies and kept while a call runs; real ones are counters or UUIDs. */
export const RPC_ID_LENGTH_MAX: number = 256

/** The longest method of the protocol has 40 characters. */
const METHOD_LENGTH_MAX = 128

/**
 * Reads one JSON-RPC 2.0 message of a client. Refuses what the strict reader refuses, keys that
 * differ only in case or form, batches, and messages that are neither request nor notification.
 */
export function readMessage(bytes: Uint8Array): Result<Message, BadMessage> {
  const json = readJson(bytes, { foldedKeys: 'refuse' })
  if (!json.ok) return fail({ id: null, fault: notParsed(json.error) })
  const value = json.value
  if (Array.isArray(value)) return bad(null, 'a batch is not accepted')
  if (!isJsonObject(value)) return bad(null, 'a message must be an object')
  const id = rpcIdOf(value['id'])
  if (value['id'] !== undefined && id === null) {
    return bad(null, 'an id must be a whole number or a short string')
  }
  if (value['jsonrpc'] !== '2.0') return bad(id, '`jsonrpc` must be `2.0`')
  const method = value['method']
  if (typeof method !== 'string' || method.length > METHOD_LENGTH_MAX) {
    return bad(id, 'only requests and notifications are accepted')
  }
  if (value['result'] !== undefined || value['error'] !== undefined) {
    return bad(id, 'a request has neither `result` nor `error`')
  }
  const params = value['params'] ?? EMPTY
  if (!isJsonObject(params)) return bad(id, '`params` must be an object')
  return ok({ id, method, params, json: value })
}

/** An id as JSON-RPC and MCP allow it, or null. */
export function rpcIdOf(value: Json | undefined): RpcId | null {
  if (typeof value === 'string') return value.length <= RPC_ID_LENGTH_MAX ? value : null
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}

/** The `_meta` of a message, empty when there is none. */
export function metaOf(message: Message): JsonObject {
  const meta = message.params['_meta']
  return isJsonObject(meta) ? meta : EMPTY
}

const EMPTY: JsonObject = Object.create(null) as JsonObject

const bad = (
  id: RpcId | null,
  detail: string,
): { readonly ok: false; readonly error: BadMessage } => fail({ id, fault: invalidRequest(detail) })
