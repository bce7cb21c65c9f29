import type { Grant } from '../core/identity.ts'
import type { Audience } from '../core/ids.ts'

/** What a grant is asked about: one action where a token is used. */
export type Use = { readonly audience: Audience; readonly action: string }

const TOOL_ACTION = 'tool:'

/**
 * Whether the grant reaches this use. A tool call needs its tool among `tools` when the grant names
 * any; everything else (connecting, lists, models) is covered by the location alone.
 */
export function covers(grant: Grant, use: Use): boolean {
  if (!grant.locations.includes(use.audience)) return false
  if (grant.tools === undefined || !use.action.startsWith(TOOL_ACTION)) return true
  return grant.tools.includes(use.action.slice(TOOL_ACTION.length))
}
