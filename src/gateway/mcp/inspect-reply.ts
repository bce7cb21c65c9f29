import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import type { DecisionId } from '../../core/ids.ts'
import { readJsonText } from '../../core/read-json.ts'
import { META_DECISION_ID, type Era } from './era.ts'
import type { RpcId } from './message.ts'
import { rowOf } from './methods.ts'

/** The request whose reply is looked at. */
export type Awaited = {
  readonly method: string
  readonly id: RpcId | null
  readonly era: Era
  readonly decisionId: DecisionId
}

/** What one message from a server is to the client that waits for an answer. */
export type Inspected =
  | { readonly kind: 'answer'; readonly text: string; readonly failed: boolean }
  | { readonly kind: 'notification'; readonly text: string }
  /** Of no use to this client: dropped. */
  | { readonly kind: 'aside' }
  /** The server wants something of the client that the gateway cannot decide on. */
  | { readonly kind: 'not_carried'; readonly what: string }
  /** No message of the protocol, or the answer to something else. */
  | { readonly kind: 'alien' }

/** Before 2026-07-28 a server could ask for an elicitation by this error (2025-11-25). */
const RPC_ELICITATION_REQUIRED = -32042

/**
 * Looks at one message from a server. A result gets the decision's id; its text is written anew
 * only when the reader understood every number of it exactly, and passes as it came otherwise.
 */
export function inspectReply(awaited: Awaited, text: string): Inspected {
  const exact = readJsonText(text)
  const json = exact.ok ? exact : readJsonText(text, { numbers: 'nearest' })
  if (!json.ok || !isJsonObject(json.value)) return { kind: 'alien' }
  const message = json.value
  if (typeof message['method'] === 'string')
    return fromServer(awaited, message['method'], message, text)
  if (message['error'] !== undefined) return errorOf(awaited, message, text)
  const result = message['result']
  if (message['id'] !== awaited.id || !isJsonObject(result)) return { kind: 'alien' }
  const type = result['resultType']
  if (type !== undefined && type !== 'complete') {
    return {
      kind: 'not_carried',
      what: typeof type === 'string' ? type.slice(0, 64) : 'resultType',
    }
  }
  if (!exact.ok) return { kind: 'answer', text, failed: false }
  const answer = { ...message, result: marked(awaited, result) }
  return { kind: 'answer', text: JSON.stringify(answer), failed: false }
}

function fromServer(
  awaited: Awaited,
  method: string,
  message: JsonObject,
  text: string,
): Inspected {
  const shape = message['id'] === undefined ? 'notification' : 'request'
  const row = rowOf('server', shape, awaited.era, method)
  if (row?.does === 'pass') return { kind: 'notification', text }
  // A ping waits for an answer that the client could only send in a request of its own.
  if (shape === 'notification' || method === 'ping') return { kind: 'aside' }
  return { kind: 'not_carried', what: row === null ? 'an unknown method' : method }
}

function errorOf(awaited: Awaited, message: JsonObject, text: string): Inspected {
  const id = message['id'] ?? null
  const error = message['error']
  if (!isJsonObject(error) || (id !== null && id !== awaited.id)) return { kind: 'alien' }
  if (error['code'] === RPC_ELICITATION_REQUIRED) {
    return { kind: 'not_carried', what: 'elicitation/create' }
  }
  return { kind: 'answer', text, failed: true }
}

/** What the gateway adds to a result, and what it does not let a server announce. */
function marked(awaited: Awaited, result: JsonObject): JsonObject {
  const meta = result['_meta']
  const known = isJsonObject(meta) ? meta : {}
  const announces = awaited.method === 'initialize' || awaited.method === 'server/discover'
  return {
    ...result,
    ...(announces ? { capabilities: carried(result['capabilities']) } : {}),
    ...(result['cacheScope'] === undefined ? {} : { cacheScope: 'private' }),
    _meta: { ...known, [META_DECISION_ID]: awaited.decisionId },
  }
}

/** What the gateway does not carry, a client should not be told of. */
const CARRIED = ['tools', 'logging'] as const

function carried(capabilities: Json | undefined): JsonObject {
  if (!isJsonObject(capabilities)) return {}
  const kept: Record<string, Json> = {}
  for (const name of CARRIED) {
    const capability = capabilities[name]
    if (capability !== undefined) kept[name] = capability
  }
  return kept
}
