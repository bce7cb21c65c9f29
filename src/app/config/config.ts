/** The configuration after parsing: every default applied, every path absolute, secrets as values in memory only. */
import type { JsonObject } from '../../core/json.ts'
import type { EngineOptions } from '../../policy/engine-options.ts'
import type { RateLimits } from '../../gateway/bound-rate.ts'

export type Mode = 'development' | 'production'

/** The issuer of development tokens; it is no URL, so nobody discovers it (SECURITY 7). */
export const DEVELOPMENT_ISSUER = 'urn:reeve:development'

export type Address = { readonly host: string; readonly port: number }

export type TokenServiceConfig = {
  readonly issuer: string
  readonly defaultTtlSeconds: number
  readonly maxTtlSeconds: number
  readonly requireSponsor: boolean
  readonly supportedTools: readonly string[]
}

/** What a call to an upstream carries: a token for this one call, a configured header, or nothing. */
export type UpstreamCredential =
  | { readonly kind: 'call_token' }
  | { readonly kind: 'configured_header'; readonly name: string; readonly value: string }
  | { readonly kind: 'none' }

export type McpServerConfig = {
  readonly id: string
  readonly url: string
  readonly credential: UpstreamCredential
  /** Tools whose arguments may hold keys that their schema does not name. */
  readonly openArguments: readonly string[]
}

export type ProviderConfig = {
  readonly id: string
  readonly dialect: 'openai' | 'anthropic'
  readonly url: string
  readonly credential: UpstreamCredential
  readonly default: boolean
}

export type ModelConfig = {
  readonly id: string
  readonly provider: string
  readonly model: string
  readonly tier: string | null
  readonly attr: JsonObject
}

export type AgentConfig = {
  readonly id: string
  readonly sponsor: string
  readonly acts: 'delegated' | 'autonomous'
  readonly roles: readonly string[]
  readonly attr: JsonObject
  readonly scope: string
  /** Public keys that the agent signs its client assertions with (RFC 7523). */
  readonly jwks: JsonObject | null
  /** In development mode a caller without credential is this agent. */
  readonly development: boolean
}

export type PersonConfig = {
  readonly id: string
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly attr: JsonObject
}

export type IssuerConfig = {
  readonly issuer: string
  readonly alias: string
  readonly primary: boolean
  readonly algorithms: readonly string[]
  readonly audience: string
  readonly jwks: JsonObject
}

/** Who may ask the decision API: whoever is on this loopback listener, or who knows the credential. */
export type CallerConfig =
  | { readonly kind: 'local' }
  | { readonly kind: 'credential'; readonly id: string; readonly credential: string }

export type PolicyFile = { readonly path: string; readonly text: string }

/** Where policies are read from, at the start and again where changes count. */
export type PolicySource = {
  readonly directory: string | null
  /** The short form where it stands by itself. */
  readonly shortForm: string | null
}

/** Keys under which tokens may be sent beside a check; the caller names them by the id. */
export type KeySetConfig = { readonly id: string; readonly jwks: JsonObject }

/** How the decision API is served. */
export type DecisionApiConfig = {
  readonly resourcesMax: number
  readonly actionsMax: number
  readonly keySets: readonly KeySetConfig[]
  readonly skewSeconds: number
}

export type Config = {
  readonly mode: Mode
  /** The file it was read from, for messages. */
  readonly file: string
  readonly publicUrl: string
  readonly behindTlsProxy: boolean
  readonly listen: {
    /** Null where only enforcement points are served: no agent can call. */
    readonly data: Address | null
    readonly control: Address
    readonly pdp: Address
  }
  readonly callers: readonly CallerConfig[]
  readonly stateDirectory: string
  readonly tokens: TokenServiceConfig
  readonly people: readonly PersonConfig[]
  readonly issuers: readonly IssuerConfig[]
  readonly agents: readonly AgentConfig[]
  readonly servers: readonly McpServerConfig[]
  readonly providers: readonly ProviderConfig[]
  readonly models: readonly ModelConfig[]
  readonly policySource: PolicySource
  readonly policyFiles: readonly PolicyFile[]
  readonly schemaFiles: readonly PolicyFile[]
  readonly engine: EngineOptions
  readonly decisionApi: DecisionApiConfig
  /** Whether changed files take effect by themselves; elsewhere files only propose (SECURITY 27). */
  readonly watchPolicies: boolean
  /** What the file says and we do otherwise, told once at the start. */
  readonly notes: readonly string[]
  readonly decisionDeadlineMs: number
  readonly callsPerSecond: RateLimits
}

/** A mistake in a file, with where it is and how to mend it; `reeve` exits with 3 on any. */
export type ConfigProblem = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  readonly hint: string | null
}

export const formatProblem = (problem: ConfigProblem): string =>
  `${problem.file}:${problem.line}:${problem.column}: ${problem.message}` +
  (problem.hint === null ? '' : `\n  ${problem.hint}`)
