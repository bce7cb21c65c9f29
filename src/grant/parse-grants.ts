import type { Grant } from '../core/identity.ts'
import type { Audience } from '../core/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { reason, type Reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'

/** Entries of one `authorization_details`; a token of ours fits in 8 KiB with all of them. */
export const GRANTS_MAX = 16
/** Locations of one grant. */
export const LOCATIONS_MAX = 16
/** Tools named by one grant; the largest tool servers we know offer about 200. */
export const TOOLS_MAX = 256

const LOCATION_PATTERN = /^https?:\/\/[\x21-\x7e]{1,512}$/
const TOOL_PATTERN = /^[A-Za-z0-9_./-]{1,128}$/
const MEMBERS: readonly string[] = ['type', 'locations', 'tools']

/**
 * Reads `authorization_details` (RFC 9396 §2) whose every entry is of type `agent_tool_call`.
 * Closed: another type, another member, an empty list or a repeated name is refused, because a
 * member that we do not understand could only have made the grant smaller. Fails with `malformed`.
 */
export function parseGrants(value: Json | undefined): Result<readonly Grant[], Reason> {
  if (!Array.isArray(value)) return malformed('authorization_details must be an array')
  if (value.length === 0 || value.length > GRANTS_MAX)
    return malformed(`authorization_details must have 1 to ${GRANTS_MAX} entries`)
  const grants: Grant[] = []
  for (const entry of value as readonly Json[]) {
    const grant = parseGrant(entry)
    if (!grant.ok) return grant
    grants.push(grant.value)
  }
  return ok(grants)
}

/** A grant as it stands in a token; `parseGrants` reads it back. */
export const grantJson = (grant: Grant): JsonObject =>
  grant.tools === undefined
    ? { type: grant.type, locations: grant.locations }
    : { type: grant.type, locations: grant.locations, tools: grant.tools }

function parseGrant(entry: Json): Result<Grant, Reason> {
  if (!isJsonObject(entry)) return malformed('an authorization detail must be an object')
  if (entry['type'] !== 'agent_tool_call')
    return malformed('an authorization detail must have type `agent_tool_call`')
  for (const member of Object.keys(entry))
    if (!MEMBERS.includes(member))
      return malformed('an authorization detail has a member other than type, locations and tools')
  const locations = namesOf(entry['locations'], LOCATIONS_MAX, LOCATION_PATTERN)
  if (locations === null) return malformed('locations must be a list of different URLs')
  if (entry['tools'] === undefined)
    return ok({ type: 'agent_tool_call', locations: locations as Audience[] })
  const tools = namesOf(entry['tools'], TOOLS_MAX, TOOL_PATTERN)
  if (tools === null) return malformed('tools must be a list of different tool names')
  return ok({ type: 'agent_tool_call', locations: locations as Audience[], tools })
}

function namesOf(value: Json | undefined, max: number, pattern: RegExp): string[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > max) return null
  const names = new Set<string>()
  for (const name of value as readonly Json[]) {
    if (typeof name !== 'string' || !pattern.test(name) || names.has(name)) return null
    names.add(name)
  }
  return [...names]
}

const malformed = (detail: string): { readonly ok: false; readonly error: Reason } =>
  fail(reason('malformed', detail))
