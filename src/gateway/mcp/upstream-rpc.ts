import type { Clock } from '../../core/clock.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Credential } from '../../core/path.ts'
import { readJson, readJsonText } from '../../core/read-json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { failureOf, type SendUpstream, type UpstreamReply } from '../upstream.ts'
import { mediaTypeOf, replyBytes } from './reply-bytes.ts'
import type { McpServer } from './server.ts'
import { sseEvents } from './sse-events.ts'
import { upstreamHeaders } from './upstream-headers.ts'

export type RpcDeps = {
  readonly send: SendUpstream
  readonly clock: Clock
  /** What the gateway itself shows to this server; never a caller's credential. */
  readonly credentialFor: (server: McpServer) => Promise<Credential>
}

export type RpcRequest = {
  readonly method: string
  readonly params: JsonObject
  /** `mcp-*` headers. */
  readonly headers: Readonly<Record<string, string>>
  readonly notification?: boolean
}

export type RpcAnswer = {
  /** The result, or null for a notification and for every kind of error. */
  readonly result: JsonObject | null
  readonly session: string | null
  readonly bytes: number
}

/** One answer in the gateway's own conversation with a server. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024

/** A list is not a tool at work: a server that takes longer is down. */
const ANSWER_MS_MAX = 10_000

const ID = 1

/**
 * Sends one message under the gateway's own identity and reads the answer, as JSON or from a
 * stream. Fails with `upstream_unavailable` where there is no answer at all; an error of the
 * protocol is an answer without a result.
 */
export async function askUpstream(
  deps: RpcDeps,
  server: McpServer,
  request: RpcRequest,
): Promise<Result<RpcAnswer, Reason>> {
  const abort = new AbortController()
  const message = {
    jsonrpc: '2.0',
    method: request.method,
    params: request.params,
    ...(request.notification === true ? {} : { id: ID }),
  }
  const credential = await deps.credentialFor(server)
  const sent = await deps.send({
    method: 'POST',
    url: server.url,
    headers: upstreamHeaders(server, credential, request.headers),
    body: new TextEncoder().encode(JSON.stringify(message)),
    signal: abort.signal,
    headersTimeoutMs: ANSWER_MS_MAX,
    idleTimeoutMs: ANSWER_MS_MAX,
  })
  if (!sent.ok) return fail(sent.error.reason)
  const endsAt = deps.clock.now() + ANSWER_MS_MAX
  try {
    return await answerOf(sent.value, () => deps.clock.now() > endsAt)
  } catch (error) {
    return fail(failureOf(error, abort.signal).reason)
  } finally {
    sent.value.discard()
  }
}

async function answerOf(
  reply: UpstreamReply,
  expired: () => boolean,
): Promise<Result<RpcAnswer, Reason>> {
  const session = reply.headers['mcp-session-id'] ?? null
  if (reply.status >= 500) return fail(reason('upstream_unavailable', 'the upstream failed'))
  if (reply.status >= 300) return ok({ result: null, session, bytes: 0 })
  switch (mediaTypeOf(reply)) {
    case 'application/json': {
      const bytes = await replyBytes(reply, { bytesMax: ANSWER_BYTES_MAX, expired })
      if (!bytes.ok) return bytes
      const json = readJson(bytes.value)
      const result = json.ok && isJsonObject(json.value) ? resultOf(json.value) : null
      return ok({ result, session, bytes: bytes.value.byteLength })
    }
    case 'text/event-stream':
      return streamedAnswer(reply, session, expired)
    default:
      return ok({ result: null, session, bytes: 0 })
  }
}

async function streamedAnswer(
  reply: UpstreamReply,
  session: string | null,
  expired: () => boolean,
): Promise<Result<RpcAnswer, Reason>> {
  let bytes = 0
  for await (const event of sseEvents(reply.body)) {
    if (expired()) return fail(reason('upstream_unavailable', 'the reply took too long'))
    if (event.kind === 'comment') continue
    bytes += event.data.length
    if (bytes > ANSWER_BYTES_MAX)
      return fail(reason('upstream_unavailable', 'the reply is too long'))
    const json = readJsonText(event.data)
    if (!json.ok || !isJsonObject(json.value)) continue
    if (json.value['id'] === ID && json.value['method'] === undefined) {
      return ok({ result: resultOf(json.value), session, bytes })
    }
  }
  return ok({ result: null, session, bytes })
}

function resultOf(message: JsonObject): JsonObject | null {
  const result = message['id'] === ID ? message['result'] : undefined
  return isJsonObject(result) ? result : null
}
