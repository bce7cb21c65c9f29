import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { headerMismatch, type Fault } from './fault.ts'
import { decodeHeaderValue } from './header-value.ts'

const PREFIX = 'mcp-param-'

/** An argument that a client repeats in a header, because the tool's schema asks for it. */
type Declaration = { readonly path: readonly string[]; readonly header: string }

/**
 * Compares every `Mcp-Param-*` header with the argument it repeats, by the `x-mcp-header`
 * annotations of the tool's input schema (MCP 2026-07-28). A header that repeats nothing, or
 * something else than the arguments say, is a mismatch; a missing one is the upstream's to refuse.
 */
export function paramHeaderFault(
  headers: Readonly<Record<string, string>>,
  inputSchema: JsonObject,
  args: JsonObject,
): Fault | null {
  const names = Object.keys(headers).filter((name) => name.startsWith(PREFIX))
  if (names.length === 0) return null
  const declared = new Map(
    declarationsOf(inputSchema, [], 0).map(({ header, path }) => [header, path]),
  )
  for (const name of names) {
    const path = declared.get(name)
    const text = decodeHeaderValue(headers[name] ?? '')
    if (path === undefined || text === null || !says(text, valueAt(args, path))) {
      return headerMismatch('an `mcp-param` header disagrees with the arguments')
    }
  }
  return null
}

/** Annotations count only where `properties` alone lead to them, however deep. */
function declarationsOf(
  schema: JsonObject,
  path: readonly string[],
  depth: number,
): readonly Declaration[] {
  const properties = schema['properties']
  if (!isJsonObject(properties) || depth >= DECLARATION_DEPTH_MAX) return []
  return Object.entries(properties).flatMap(([key, child]) => {
    if (!isJsonObject(child)) return []
    const here = [...path, key]
    const header = child['x-mcp-header']
    const deeper = declarationsOf(child, here, depth + 1)
    return typeof header === 'string'
      ? [{ path: here, header: `${PREFIX}${header.toLowerCase()}` }, ...deeper]
      : deeper
  })
}

/** Arguments nest at most this deep, so a deeper annotation can repeat nothing. */
const DECLARATION_DEPTH_MAX = 32

function valueAt(root: Json, path: readonly string[]): Json | undefined {
  let value: Json | undefined = root
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

const DECIMAL = /^-?\d+(?:\.\d+)?$/

/** Numbers compare as numbers (`42.0` says 42), everything else as text. */
function says(text: string, value: Json | undefined): boolean {
  if (typeof value === 'number') return DECIMAL.test(text) && Number(text) === value
  if (typeof value === 'boolean') return text === String(value)
  return text === value
}
