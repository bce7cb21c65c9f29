import { isJsonObject } from '../../core/json.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import {
  LEGACY_VERSIONS,
  META_CLIENT_CAPABILITIES,
  META_PROTOCOL_VERSION,
  MODERN_VERSIONS,
  UNNAMED_VERSION,
  type Era,
} from './era.ts'
import { headerMismatch, invalidParams, unsupportedVersion, type Fault } from './fault.ts'
import { decodeHeaderValue } from './header-value.ts'
import { metaOf, type Message } from './message.ts'

export type Spoken = { readonly era: Era; readonly version: string }

type Headers = Readonly<Record<string, string>>

/**
 * Says which era a message speaks, by its body, and that every header which repeats the body
 * agrees with it: an intermediary that decided by the header would otherwise decide on something
 * else (MCP 2026-07-28, Streamable HTTP, "Standard request headers").
 */
export function detectEra(headers: Headers, message: Message): Result<Spoken, Fault> {
  const spoken = spokenBy(headers, message)
  if (!spoken.ok) return spoken
  const disagreement = disagreementOf(headers, message, spoken.value.era)
  return disagreement === null ? spoken : fail(disagreement)
}

function spokenBy(headers: Headers, message: Message): Result<Spoken, Fault> {
  const meta = metaOf(message)
  const header = headers['mcp-protocol-version']?.trim()
  if (Object.hasOwn(meta, META_PROTOCOL_VERSION)) {
    return claimedBy(message, meta[META_PROTOCOL_VERSION], header)
  }
  if (header === undefined) return ok({ era: 'legacy', version: UNNAMED_VERSION })
  if (LEGACY_VERSIONS.includes(header)) return ok({ era: 'legacy', version: header })
  if (!MODERN_VERSIONS.includes(header)) return fail(unsupported(header))
  if (message.id === null) return ok({ era: 'modern', version: header })
  if (message.method === 'initialize') {
    return fail(headerMismatch('`initialize` does not exist in the version that the header names'))
  }
  return fail(invalidParams(`\`_meta\` lacks \`${META_PROTOCOL_VERSION}\``))
}

function claimedBy(
  message: Message,
  claimed: unknown,
  header: string | undefined,
): Result<Spoken, Fault> {
  if (typeof claimed !== 'string') {
    return fail(invalidParams(`\`${META_PROTOCOL_VERSION}\` must be a string`))
  }
  if (header !== undefined && header !== claimed) {
    return fail(headerMismatch('`mcp-protocol-version` disagrees with the body'))
  }
  if (!MODERN_VERSIONS.includes(claimed)) return fail(unsupported(claimed))
  if (message.id === null) return ok({ era: 'modern', version: claimed })
  if (!isJsonObject(metaOf(message)[META_CLIENT_CAPABILITIES])) {
    return fail(invalidParams(`\`_meta\` lacks \`${META_CLIENT_CAPABILITIES}\``))
  }
  if (header === undefined) return fail(headerMismatch('`mcp-protocol-version` is missing'))
  return ok({ era: 'modern', version: claimed })
}

const unsupported = (requested: string): Fault =>
  unsupportedVersion(requested, [...MODERN_VERSIONS, ...LEGACY_VERSIONS])

/** Headers that repeat the body must agree in both eras; the modern one requires them as well. */
function disagreementOf(headers: Headers, message: Message, era: Era): Fault | null {
  const required = era === 'modern' && message.id !== null
  const method = headers['mcp-method']
  if (method === undefined && required) return headerMismatch('`mcp-method` is missing')
  if (method !== undefined && method.trim() !== message.method) {
    return headerMismatch('`mcp-method` disagrees with the body')
  }
  const source = nameOf(message)
  const name = headers['mcp-name']
  if (name === undefined) {
    return required && source !== null ? headerMismatch('`mcp-name` is missing') : null
  }
  return decodeHeaderValue(name) === source
    ? null
    : headerMismatch('`mcp-name` disagrees with the body')
}

/** What `Mcp-Name` repeats: the name or URI that the method is about. */
function nameOf({ method, params }: Message): string | null {
  const field = NAME_FIELDS.get(method)
  const value = field === undefined ? undefined : params[field]
  return typeof value === 'string' ? value : null
}

const NAME_FIELDS: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
])
