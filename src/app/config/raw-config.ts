/** The files as written, after their shape was checked and their defaults were filled in. */

type Attr = Record<string, unknown>

export type RawSecret = { env: string } | { file: string }

export type RawCredential =
  | { kind: 'call_token' }
  | { kind: 'none' }
  | { kind: 'configured_header'; name: string; prefix: string; value: RawSecret }

export type RawTokens = {
  issuer?: string | undefined
  default_ttl_seconds: number
  max_ttl_seconds: number
  require_sponsor: boolean
  supported_tools?: string[] | undefined
}

export type RawIssuer = {
  issuer: string
  alias: string
  primary: boolean
  algorithms: ('ES256' | 'RS256' | 'EdDSA')[]
  audience: string
  jwks_file: string
}

export type RawPerson = { id: string; roles: string[]; groups: string[]; attr: Attr }

export type RawAgent = {
  id: string
  sponsor: string
  acts: 'delegated' | 'autonomous'
  roles: string[]
  attr: Attr
  scope: string
  jwks_file?: string | undefined
  development: boolean
}

export type RawServer = {
  id: string
  url: string
  credential: RawCredential
  open_arguments: string[]
}

export type RawProvider = {
  id: string
  dialect: 'openai' | 'anthropic'
  url: string
  credential: RawCredential
  default: boolean
}

export type RawModel = { id: string; tier?: string | undefined; attr: Attr }

export type RawConfig = {
  mode: 'development' | 'production'
  public_url: string
  behind_tls_proxy: boolean
  listen: { data: string; control: string; pdp: string }
  callers: ({ local: true } | { id: string; credential: RawSecret })[]
  store?: { sqlite: { path: string } } | undefined
  identity: { issuers: RawIssuer[]; people: RawPerson[] }
  tokens?: RawTokens | undefined
  policies?: { dir: string } | undefined
  providers: RawProvider[]
  models: RawModel[]
  mcp: { servers: RawServer[] }
  agents: RawAgent[]
  limits: {
    decision_deadline_ms: number
    calls_per_second: { instance: number; sponsor: number; tenant: number }
  }
}
