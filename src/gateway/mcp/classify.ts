import { isName, type Audience } from '../../core/ids.ts'
import type { Classified, InboundCall } from '../../core/path.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { Era } from './era.ts'
import type { Fault } from './fault.ts'
import type { RpcId } from './message.ts'
import type { McpServer } from './server.ts'

/** What `read` learned of the message, so that a refusal can answer in its words. */
export type Heard = {
  readonly id: RpcId | null
  readonly era: Era
  /** The tool that was called, as the caller wrote it. */
  readonly tool: string | null
  /** How the protocol itself says what is wrong; null where the denial is ours. */
  readonly fault: Fault | null
}

/** A request to one server, before its body is read. */
export type McpClassified = Classified & {
  readonly surface: 'mcp'
  readonly server: McpServer
  /** Whether there is such a server; only a known caller is told that there is none. */
  readonly exists: boolean
  readonly does: 'message' | 'end_session'
  // The one value of a call that changes: `read` fills it, `refuse` reads it, nobody else sees it.
  readonly heard: { current: Heard }
}

export type ClassifyDeps = {
  /** Base of every audience, without a slash at its end. */
  readonly publicUrl: string
  readonly servers: ReadonlyMap<string, McpServer>
  /** Origins of web pages that may call; any other `Origin` is refused (MCP, Streamable HTTP). */
  readonly allowedOrigins: ReadonlySet<string>
}

export const MCP_PATH: string = '/mcp/'

export const NOTHING_HEARD: Heard = { id: null, era: 'legacy', tool: null, fault: null }

/** Places a request by its line and headers alone. */
export const createClassify =
  (deps: ClassifyDeps) =>
  (call: InboundCall): Result<McpClassified, Reason> => {
    const fault = doorFaultOf(deps, call)
    if (fault !== null) return fail(fault.reason)
    const name = nameAt(call.path)
    // A name without a server is asked for a token like any other: to whom has none, all look alike.
    const known = deps.servers.get(name)
    const server = known ?? nowhere(name)
    return ok({
      surface: 'mcp',
      expects: 'instance',
      audience: `${deps.publicUrl}${MCP_PATH}${server.id}` as Audience,
      server,
      exists: known !== undefined,
      does: call.method === 'DELETE' ? 'end_session' : 'message',
      heard: { current: NOTHING_HEARD },
    })
  }

/** What is wrong with the request line or headers, with the status that says so, or null. */
export function doorFaultOf(
  deps: ClassifyDeps,
  call: InboundCall,
): { readonly status: 403 | 404 | 405 | 415; readonly reason: Reason } | null {
  const origin = call.headers['origin']
  if (origin !== undefined && !deps.allowedOrigins.has(origin)) {
    return { status: 403, reason: reason('malformed', 'this `Origin` may not call') }
  }
  if (!isName(nameAt(call.path))) {
    return { status: 404, reason: reason('not_found', 'no such server') }
  }
  if (call.method === 'DELETE') return null
  if (call.method !== 'POST') {
    return { status: 405, reason: reason('unsupported', 'only POST and DELETE are served here') }
  }
  if (!isJson(call)) {
    return {
      status: 415,
      reason: reason('unsupported', '`content-type` must be `application/json`'),
    }
  }
  return null
}

const nameAt = (path: string): string =>
  path.startsWith(MCP_PATH) ? path.slice(MCP_PATH.length) : ''

/** What stands in for a server that there is not, until the caller is known; nothing is sent there. */
const nowhere = (id: string): McpServer => ({
  id,
  url: '',
  openArguments: new Set(),
  headers: {},
  headersTimeoutMs: 0,
  idleTimeoutMs: 0,
})

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i

const isJson = ({ headers }: InboundCall): boolean =>
  JSON_TYPE.test(headers['content-type']?.trim() ?? '') &&
  (headers['content-encoding'] ?? 'identity') === 'identity'
