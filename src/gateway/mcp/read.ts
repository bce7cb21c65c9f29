import { invariant } from '../../core/bug.ts'
import { canonicalJson } from '../../core/canonical-json.ts'
import type { Caller, InstanceCaller } from '../../core/identity.ts'
import { BODY_BYTES_MAX } from '../../core/limits.ts'
import type { InboundCall } from '../../core/path.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { isTooLarge } from '../json-body.ts'
import { BLANK_ASKED, connectAsk, type McpAsked } from './asked.ts'
import type { McpClassified } from './classify.ts'
import { detectEra, type Spoken } from './detect-era.ts'
import { META_CLIENT_INFO, UNNAMED_VERSION } from './era.ts'
import { invalidRequest, noSuchMethod, notParsed, tooLarge } from './fault.ts'
import { metaOf, readMessage, type Message } from './message.ts'
import { rowOf } from './methods.ts'
import { broken, type ReadDeps, type Reading } from './reading.ts'
import { readToolCall } from './read-tool-call.ts'
import { readToolList } from './read-tool-list.ts'
import { sessionFault } from './session.ts'

/** Understands the body of a request, or says in `classified.heard` how the protocol refuses it. */
export const createRead =
  (deps: ReadDeps) =>
  async (
    call: InboundCall,
    classified: McpClassified,
    caller: Caller,
  ): Promise<Result<McpAsked, Reason>> => {
    invariant(caller.kind === 'instance', 'only instances call MCP servers')
    if (!classified.exists)
      return fail(reason('not_found', `no server \`${classified.server.id}\``))
    if (classified.does === 'end_session') return readEndSession(deps, call, classified, caller)

    const bytes = await call.body(BODY_BYTES_MAX)
    if (!bytes.ok) {
      const fault = isTooLarge(bytes.error) ? tooLarge(bytes.error) : notParsed(bytes.error)
      return broken(classified, fault)
    }
    const message = readMessage(bytes.value)
    if (!message.ok) {
      classified.heard.current = { ...classified.heard.current, id: message.error.id }
      return broken(classified, message.error.fault)
    }
    const { id } = message.value
    classified.heard.current = { ...classified.heard.current, id }
    const spoken = detectEra(call.headers, message.value)
    if (!spoken.ok) return broken(classified, spoken.error)
    classified.heard.current = { ...classified.heard.current, era: spoken.value.era }

    const session = spoken.value.era === 'legacy' ? (call.headers['mcp-session-id'] ?? null) : null
    const foreign =
      session === null ? null : sessionFault(deps.state, classified.server, caller, session)
    if (foreign !== null) return broken(classified, foreign)

    return dispatch(deps, {
      call,
      classified,
      caller,
      message: message.value,
      spoken: spoken.value,
      bytes: bytes.value,
      headers: mcpHeaders(call, message.value, spoken.value, session),
      base: {
        ...BLANK_ASKED,
        clientInfo: clientInfoOf(message.value),
        requestHash: deps.digest(canonicalJson(message.value.json)),
      },
    })
  }

async function dispatch(deps: ReadDeps, reading: Reading): Promise<Result<McpAsked, Reason>> {
  const { classified, message, spoken } = reading
  const shape = message.id === null ? 'notification' : 'request'
  const row = rowOf('client', shape, spoken.era, message.method)
  const does = row?.does ?? 'refuse'
  switch (does) {
    case 'connect':
      return ok(connectAsked(reading))
    case 'list':
      return readToolList(deps, reading)
    case 'tool':
      return readToolCall(deps, reading)
    case 'pass':
    case 'refuse':
      return broken(classified, noSuchMethod('this method is not served', spoken.era === 'modern'))
  }
}

function connectAsked({ classified, message, spoken, bytes, headers, base }: Reading): McpAsked {
  return {
    ...base,
    kind: 'call',
    asks: [connectAsk(classified.server, spoken.version)],
    plan: { kind: 'send', method: message.method, id: message.id, era: spoken.era, bytes, headers },
  }
}

function readEndSession(
  deps: ReadDeps,
  call: InboundCall,
  classified: McpClassified,
  caller: InstanceCaller,
): Result<McpAsked, Reason> {
  const { server } = classified
  const session = call.headers['mcp-session-id']
  if (session === undefined) return broken(classified, invalidRequest('no session is named'))
  const foreign = sessionFault(deps.state, server, caller, session)
  if (foreign !== null) return broken(classified, foreign)
  const version = call.headers['mcp-protocol-version']?.trim() ?? UNNAMED_VERSION
  return ok({
    ...BLANK_ASKED,
    kind: 'call',
    asks: [connectAsk(server, version)],
    changes: [{ kind: 'disown', object: { kind: 'mcp_session', server: server.id, id: session } }],
    plan: {
      kind: 'end_session',
      headers: { 'mcp-session-id': session, 'mcp-protocol-version': version },
    },
  })
}

/** Rebuilt from what was understood; `mcp-name` is the client's own spelling of an equal value. */
function mcpHeaders(
  call: InboundCall,
  message: Message,
  { era, version }: Spoken,
  session: string | null,
): Readonly<Record<string, string>> {
  if (era === 'legacy') {
    return {
      ...(call.headers['mcp-protocol-version'] === undefined
        ? {}
        : { 'mcp-protocol-version': version }),
      ...(session === null ? {} : { 'mcp-session-id': session }),
    }
  }
  const name = call.headers['mcp-name']
  return {
    'mcp-protocol-version': version,
    'mcp-method': message.method,
    ...(name === undefined ? {} : { 'mcp-name': name }),
  }
}

/** What the client says it is: in every modern request, and in the first of the legacy era. */
const clientInfoOf = (message: Message): McpAsked['clientInfo'] =>
  metaOf(message)[META_CLIENT_INFO] ?? message.params['clientInfo'] ?? null
