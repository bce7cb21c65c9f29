import type { Change } from '../../core/change.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { toolAsk, type McpAsked } from './asked.ts'
import type { CatalogueTool } from './catalogue.ts'
import { invalidParams, noSuchMethod, upstreamFailed, type Fault } from './fault.ts'
import { paramHeaderFault } from './param-headers.ts'
import { broken, type ReadDeps, type Reading } from './reading.ts'
import type { McpServer } from './server.ts'
import { toolArgumentsOf } from './tool-arguments.ts'

/** A name is echoed in the answer that there is no such tool. */
const ASKED_NAME_LENGTH_MAX = 256

/** Members of `params` that belong to what this gateway does not carry: tasks and input requests. */
const NOT_CARRIED = ['task', 'inputResponses', 'requestState'] as const

/**
 * `tools/call`: the tool from the catalogue, its definition the pinned one, its arguments checked
 * against the schema. What is wrong with them is told only to whom the tool is not hidden; to
 * everybody else the tool is unknown (SECURITY 17).
 */
export async function readToolCall(
  deps: ReadDeps,
  reading: Reading,
): Promise<Result<McpAsked, Reason>> {
  const { call, classified, caller, message, base } = reading
  const { server } = classified
  const name = message.params['name']
  if (typeof name !== 'string' || name.length > ASKED_NAME_LENGTH_MAX) {
    return broken(classified, invalidParams('`name` must be the name of a tool'))
  }
  const foreign = NOT_CARRIED.find((key) => message.params[key] !== undefined)
  if (foreign !== undefined) {
    const modern = reading.spoken.era === 'modern'
    return broken(classified, noSuchMethod(`calls with \`${foreign}\` are not served`, modern))
  }
  classified.heard.current = { ...classified.heard.current, tool: name }

  const catalogue = await deps.catalogue(server)
  if (!catalogue.ok) return broken(classified, upstreamFailed(catalogue.error))
  const tool = catalogue.value.get(name)
  if (tool === undefined) return unknownTool(server, name, 'there is no such tool')
  const known = { ...base, tool: `${server.id}/${name}` }

  const pinned = deps.state.pinnedTool(caller.tenant, server.id, name)
  const problem = problemOf(deps, reading, tool, pinned)
  if (problem !== null) {
    const visible = await deps.mayKnow(call, caller, toolAsk(server, tool, null), known)
    if (!visible)
      return unknownTool(
        server,
        name,
        'rpcCode' in problem ? problem.reason.detail : problem.detail,
      )
    return 'rpcCode' in problem ? broken(classified, problem) : fail(problem)
  }
  return ok(toolAsked(reading, tool, known, pinned === null))
}

/** The caller is told the same whatever the reason; the ledger keeps it, with the name (SECURITY 17). */
const unknownTool = (server: McpServer, name: string, why: string): Result<never, Reason> =>
  fail(reason('not_found', `\`${server.id}/${name}\`: ${why}`))

/** What keeps this call from being decided, whoever makes it. */
function problemOf(
  deps: ReadDeps,
  { call, classified, message, bytes }: Reading,
  tool: CatalogueTool,
  pinned: string | null,
): Reason | Fault | null {
  const { server } = classified
  if (pinned !== null && pinned !== tool.digest) {
    deps.report({ kind: 'definition_changed', server: server.id, tool: tool.name })
    return reason('definition_changed', 'the definition of this tool changed and awaits review')
  }
  const args = toolArgumentsOf(message.params, bytes.byteLength)
  if (!args.ok) return args.error
  const disagreement = paramHeaderFault(call.headers, tool.inputSchema, args.value)
  if (disagreement !== null) return disagreement
  const check = tool.check()
  return check.ok ? check.value(args.value, server.openArguments.has(tool.name)) : check.error
}

function toolAsked(
  { call, classified, message, spoken, bytes, headers }: Reading,
  tool: CatalogueTool,
  base: Reading['base'],
  first: boolean,
): McpAsked {
  const { server } = classified
  const pin: Change = { kind: 'pin_tool', server: server.id, tool: tool.name, digest: tool.digest }
  const given = message.params['arguments']
  const args = isJsonObject(given) ? given : (Object.create(null) as JsonObject)
  return {
    ...base,
    kind: 'call',
    asks: [toolAsk(server, tool, args)],
    changes: first ? [pin] : [],
    plan: {
      kind: 'send',
      method: message.method,
      id: message.id,
      era: spoken.era,
      bytes,
      headers: spoken.era === 'modern' ? { ...headers, ...paramHeadersOf(call.headers) } : headers,
    },
  }
}

/** Only called after each of them was compared with its argument. */
const paramHeadersOf = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('mcp-param-')))
