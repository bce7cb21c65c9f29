import { isName } from '../../core/ids.ts'
import type { JsonObject } from '../../core/json.ts'
import { PROTECTED_RESOURCE_PATH } from '../challenge.ts'
import { CLIENT_CREDENTIALS_GRANT, TOKEN_EXCHANGE_GRANT } from './token-words.ts'

/** A document that needs no credential and no decision. */
export type Discovered = { readonly status: 200 | 404; readonly body: JsonObject }

export type DiscoveryDeps = {
  readonly publicUrl: string
  readonly issuer: string
  readonly jwks: () => JsonObject
}

export const JWKS_PATH = '/.well-known/jwks.json'
export const AUTHORIZATION_SERVER_PATH = '/.well-known/oauth-authorization-server'

/** What stands at a well-known path, or null when the path is none of them. */
export function discover(deps: DiscoveryDeps, path: string): Discovered | null {
  if (path === JWKS_PATH) return { status: 200, body: deps.jwks() }
  if (path === AUTHORIZATION_SERVER_PATH + issuerPath(deps.issuer)) return authorizationServer(deps)
  if (path === AUTHORIZATION_SERVER_PATH) return authorizationServer(deps)
  if (path.startsWith(`${PROTECTED_RESOURCE_PATH}/`))
    return protectedResource(deps, path.slice(PROTECTED_RESOURCE_PATH.length))
  return null
}

/** RFC 8414 §2. An issuer that is no URL is legal in a token, but cannot be discovered. */
function authorizationServer(deps: DiscoveryDeps): Discovered {
  if (!isUrl(deps.issuer))
    return notFound('the issuer of this service is not a URL, so it has no metadata')
  return {
    status: 200,
    body: {
      issuer: deps.issuer,
      token_endpoint: `${deps.publicUrl}/token`,
      jwks_uri: deps.publicUrl + JWKS_PATH,
      response_types_supported: [],
      grant_types_supported: [TOKEN_EXCHANGE_GRANT, CLIENT_CREDENTIALS_GRANT],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'EdDSA', 'RS256'],
      authorization_details_types_supported: ['agent_tool_call'],
    },
  }
}

/**
 * RFC 9728 §2. Every well-formed name answers alike, so that a stranger cannot find out which
 * servers there are (SECURITY 17).
 */
function protectedResource(deps: DiscoveryDeps, path: string): Discovered {
  const [, place, name, ...rest] = path.split('/')
  const known = (place === 'mcp' || place === 'llm') && name !== undefined && isName(name)
  if (!known || rest.length > 0) return notFound('no such resource')
  const resource: JsonObject = {
    resource: deps.publicUrl + path,
    bearer_methods_supported: ['header'],
    authorization_details_types_supported: ['agent_tool_call'],
  }
  return {
    status: 200,
    body: isUrl(deps.issuer) ? { ...resource, authorization_servers: [deps.issuer] } : resource,
  }
}

const notFound = (detail: string): Discovered => ({
  status: 404,
  body: { type: 'urn:reeve:reason:not_found', title: 'not found', status: 404, detail },
})

const isUrl = (text: string): boolean => /^https?:\/\//.test(text) && URL.canParse(text)

const issuerPath = (issuer: string): string => {
  const path = isUrl(issuer) ? new URL(issuer).pathname : '/'
  return path === '/' ? '' : path
}
