import type { DecisionId } from '../../core/ids.ts'
import type { Credential } from '../../core/path.ts'
import type { McpServer } from './server.ts'

/**
 * Every header of a request to a server. None is copied from the client: `mcp` holds what `read`
 * compared with the body, the rest is ours, and the credential is the upstream's own. Later entries
 * win, so that no configured header can replace the credential.
 */
export const upstreamHeaders = (
  server: McpServer,
  credential: Credential,
  mcp: Readonly<Record<string, string>>,
): Record<string, string> => ({
  ...server.headers,
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  ...mcp,
  ...credentialHeader(credential),
})

/** Every forwarded request names its decision (CONTRACTS 3). */
export const decisionHeader = (id: DecisionId): Record<string, string> => ({
  'reeve-decision-id': id,
})

function credentialHeader(credential: Credential): Record<string, string> {
  switch (credential.kind) {
    case 'none':
      return {}
    case 'header':
      return { [credential.name.toLowerCase()]: credential.value }
    case 'token':
      return { authorization: `Bearer ${credential.token}` }
  }
}
