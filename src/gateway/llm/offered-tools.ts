import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { reason, type Reason } from '../../core/reason.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { ToolShape } from './tool-shape.ts'
import { refersUpstream } from './upstream-reference.ts'

/** What a request lets the model use. */
export type OfferedTools = {
  /** Names of tools, in the order of the request. */
  readonly tools: readonly string[]
  /** Families of tools that the provider defines. */
  readonly hostedTools: readonly string[]
  /** URLs of MCP servers that the provider is told to call; `''` for one that has no URL. */
  readonly mcpUrls: readonly string[]
}

/** More tools than any model is given; both dialects stop at a few hundred. */
export const OFFERED_TOOLS_MAX: number = 1024

/** Longest name of a tool; both dialects allow at most 128 characters. */
export const TOOL_NAME_LENGTH_MAX: number = 256

type Collected = { tools: string[]; hostedTools: string[]; mcpUrls: string[] }

/**
 * Lists everything a request offers to the model. Fails with `malformed` for an entry without a
 * name and with `unsupported` for a type of tool that we do not know, or one that refers to models
 * or objects that nobody decides about.
 */
export function offeredTools(body: JsonObject, shape: ToolShape): Result<OfferedTools, Reason> {
  const found: Collected = { tools: [], hostedTools: [], mcpUrls: [] }
  const problem =
    eachEntry(body, shape.field, (entry) => collectTool(entry, shape, found)) ??
    eachEntry(body, shape.functionsField, (entry) => collectName(entry['name'], found)) ??
    (shape.mcp === 'servers_field'
      ? eachEntry(body, 'mcp_servers', (entry) => collectServer(entry, found))
      : null)
  if (problem !== null) return fail(problem)
  const searches = shape.webSearchField === null ? null : body[shape.webSearchField]
  if (searches !== undefined && searches !== null) found.hostedTools.push('web_search')
  return ok(found)
}

function eachEntry(
  body: JsonObject,
  field: string | null,
  collect: (entry: JsonObject) => Reason | null,
): Reason | null {
  const entries = field === null ? null : (body[field] ?? null)
  if (field === null || entries === null) return null
  if (!Array.isArray(entries)) return reason('malformed', `\`${field}\` must be an array`)
  if (entries.length > OFFERED_TOOLS_MAX)
    return reason('malformed', `\`${field}\` has more than ${OFFERED_TOOLS_MAX} entries`)
  for (const entry of entries as readonly Json[]) {
    if (!isJsonObject(entry))
      return reason('malformed', `every entry of \`${field}\` must be an object`)
    const problem = collect(entry)
    if (problem !== null) return problem
  }
  return null
}

function collectTool(entry: JsonObject, shape: ToolShape, found: Collected): Reason | null {
  const type = entry['type'] ?? ''
  if (typeof type !== 'string') return reason('malformed', 'the `type` of a tool must be a string')
  if (shape.named.has(type)) {
    const holder = shape.nested ? entry[type] : entry
    return collectName(isJsonObject(holder) ? holder['name'] : null, found)
  }
  if (type === 'mcp' && shape.mcp === 'tool') {
    const url = entry['server_url']
    found.mcpUrls.push(typeof url === 'string' && !hasOtherAddress(entry) ? url : '')
    return null
  }
  // A toolset only selects tools of a server that `mcp_servers` names.
  if (type === 'mcp_toolset' && shape.mcp === 'servers_field') return null
  const family = shape.hosted.get(type)
  if (family === undefined)
    return reason('unsupported', 'the request offers a type of tool that is not known here')
  if (refersUpstream(entry) || entry['model'] !== undefined)
    return reason('unsupported', `the tool \`${family}\` names a model or an object of its own`)
  found.hostedTools.push(family)
  return entry['name'] === undefined ? null : collectName(entry['name'], found)
}

/** Addresses of an MCP server beside its URL; the provider would choose between them. */
const hasOtherAddress = (entry: JsonObject): boolean =>
  (entry['connector_id'] ?? null) !== null || (entry['tunnel_id'] ?? null) !== null

function collectServer(entry: JsonObject, found: Collected): Reason | null {
  const url = entry['url']
  if (entry['type'] !== 'url' || typeof url !== 'string')
    return reason('malformed', 'every entry of `mcp_servers` must have the type `url` and a `url`')
  found.mcpUrls.push(url)
  return null
}

function collectName(name: Json | undefined, found: Collected): Reason | null {
  if (typeof name !== 'string' || name === '' || name.length > TOOL_NAME_LENGTH_MAX)
    return reason('malformed', `every tool needs a name of 1 to ${TOOL_NAME_LENGTH_MAX} characters`)
  found.tools.push(name)
  return null
}
