import type { Resource } from '../core/question.ts'

/**
 * The members of `R.attr` that the caller chooses with each call (CONTRACTS 1): what a list entry is
 * judged without, so that all that may be called is shown.
 */
export function unknownMembers(resource: Resource): readonly string[] {
  switch (resource.kind) {
    case 'model':
      return MODEL_MEMBERS
    case 'token':
      return TOKEN_MEMBERS
    default:
      return CALL_MEMBERS
  }
}

const CALL_MEMBERS: readonly string[] = ['args']
const TOKEN_MEMBERS: readonly string[] = ['ttl_seconds', 'purpose']
const MODEL_MEMBERS: readonly string[] = [
  'args',
  'tools',
  'hosted_tools',
  'mcp_servers',
  'max_tokens',
  'stream',
]
