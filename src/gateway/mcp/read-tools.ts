import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import {
  LEGACY_VERSIONS,
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_PROTOCOL_VERSION,
  MODERN_VERSIONS,
  type Era,
} from './era.ts'
import type { McpServer } from './server.ts'
import { askUpstream, type RpcDeps } from './upstream-rpc.ts'
import { upstreamHeaders } from './upstream-headers.ts'

/** Entries of one server's catalogue; real servers have tens. */
export const CATALOGUE_TOOLS_MAX: number = 2000

/** Pages followed; a cursor that goes on for longer leads nowhere. */
export const CATALOGUE_PAGES_MAX: number = 64

/** Bytes of all pages together. */
export const CATALOGUE_BYTES_MAX: number = 8 * 1024 * 1024

const CLIENT_INFO: JsonObject = { name: 'reeve', version: '1' }

/** How a conversation goes on: the headers and the `_meta` of every further request. */
type Conversation = {
  readonly headers: Readonly<Record<string, string>>
  readonly meta: JsonObject | null
}

export type ToolsRead = { readonly era: Era; readonly tools: readonly Json[] }

/**
 * Reads all tools of a server under the gateway's own identity, in the era the server speaks. The
 * era that worked last is tried first. Fails with `upstream_unavailable`.
 */
export async function readTools(
  deps: RpcDeps,
  server: McpServer,
  first: Era,
): Promise<Result<ToolsRead, Reason>> {
  const read = { modern: readModern, legacy: readLegacy }
  const tools = await read[first](deps, server)
  if (!tools.ok) return tools
  if (tools.value !== null) return ok({ era: first, tools: tools.value })
  const second: Era = first === 'modern' ? 'legacy' : 'modern'
  const again = await read[second](deps, server)
  if (!again.ok) return again
  if (again.value !== null) return ok({ era: second, tools: again.value })
  return fail(reason('upstream_unavailable', 'the upstream does not list its tools'))
}

type Listed = Promise<Result<readonly Json[] | null, Reason>>

function readModern(deps: RpcDeps, server: McpServer): Listed {
  const version = MODERN_VERSIONS[0] ?? ''
  return pages(deps, server, {
    headers: { 'mcp-protocol-version': version, 'mcp-method': 'tools/list' },
    meta: {
      [META_PROTOCOL_VERSION]: version,
      [META_CLIENT_CAPABILITIES]: {},
      [META_CLIENT_INFO]: CLIENT_INFO,
    },
  })
}

async function readLegacy(deps: RpcDeps, server: McpServer): Listed {
  const wanted = LEGACY_VERSIONS.at(-1) ?? ''
  const hello = await askUpstream(deps, server, {
    method: 'initialize',
    params: { protocolVersion: wanted, capabilities: {}, clientInfo: CLIENT_INFO },
    headers: {},
  })
  if (!hello.ok) return hello
  if (hello.value.result === null) return ok(null)
  const agreed = hello.value.result['protocolVersion']
  if (typeof agreed !== 'string' || !LEGACY_VERSIONS.includes(agreed)) return ok(null)
  const { session } = hello.value
  const headers = {
    'mcp-protocol-version': agreed,
    ...(session === null ? {} : { 'mcp-session-id': session }),
  }
  const notification = {
    method: 'notifications/initialized',
    params: {},
    headers,
    notification: true,
  }
  const begun = await askUpstream(deps, server, notification)
  if (!begun.ok) return begun
  const tools = await pages(deps, server, { headers, meta: null })
  if (session !== null) await endSession(deps, server, headers)
  return tools
}

/** Follows the cursor to the end; null when a page has no list of tools. */
async function pages(deps: RpcDeps, server: McpServer, conversation: Conversation): Listed {
  const tools: Json[] = []
  let bytes = 0
  let cursor: string | null = null
  for (let page = 0; page < CATALOGUE_PAGES_MAX; page++) {
    const { headers, meta } = conversation
    const params: JsonObject = {
      ...(cursor === null ? {} : { cursor }),
      ...(meta === null ? {} : { _meta: meta }),
    }
    const answer = await askUpstream(deps, server, { method: 'tools/list', params, headers })
    if (!answer.ok) return answer
    const listed = answer.value.result?.['tools']
    if (!Array.isArray(listed)) return ok(null)
    tools.push(...(listed as readonly Json[]))
    bytes += answer.value.bytes
    if (tools.length > CATALOGUE_TOOLS_MAX || bytes > CATALOGUE_BYTES_MAX) return TOO_MANY
    const next: Json | undefined = answer.value.result?.['nextCursor']
    if (typeof next !== 'string') return ok(tools.filter(isJsonObject))
    cursor = next
  }
  return TOO_MANY
}

const TOO_MANY: Result<never, Reason> = fail(
  reason('upstream_unavailable', 'the upstream lists more tools than a catalogue may hold'),
)

/** A courtesy: a server that keeps sessions need not keep ours until it times out. */
async function endSession(
  deps: RpcDeps,
  server: McpServer,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const ended = await deps.send({
    method: 'DELETE',
    url: server.url,
    headers: upstreamHeaders(server, await deps.credentialFor(server), headers),
    body: null,
    signal: new AbortController().signal,
    headersTimeoutMs: END_SESSION_MS_MAX,
    idleTimeoutMs: END_SESSION_MS_MAX,
  })
  if (ended.ok) ended.value.discard()
}

const END_SESSION_MS_MAX = 2000
