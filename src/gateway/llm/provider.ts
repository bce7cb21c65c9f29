import type { Audience } from '../../core/ids.ts'
import type { JsonObject } from '../../core/json.ts'

/** Whose wire format a provider speaks. */
export type Dialect = 'openai' | 'anthropic'

/** A model provider behind the gateway. */
export type Provider = {
  readonly id: string
  readonly dialect: Dialect
  /**
   * What one would give to the dialect's official client as its base URL: for `openai` it ends in
   * `/v1` (and may leave it out when it has no path at all), for `anthropic` it does not.
   */
  readonly url: string
}

/** A model that may be asked for; what is not listed does not exist. */
export type Model = {
  /** `<provider>/<model>`. */
  readonly id: string
  readonly provider: string
  /** The name as the provider knows it. */
  readonly model: string
  readonly tier: string | null
  readonly attr: JsonObject
}

/** An MCP server of the config and the URLs under which a provider may reach it. */
export type KnownMcpServer = { readonly id: string; readonly urls: readonly string[] }

export type CatalogueConfig = {
  readonly publicUrl: string
  readonly providers: readonly Provider[]
  /** Serves `/v1/...`; null leaves those paths unserved. */
  readonly defaultProvider: string | null
  readonly models: readonly Model[]
  readonly mcpServers: readonly KnownMcpServer[]
}

/** The providers, models and servers of the config, ready to be looked up by what callers send. */
export type Catalogue = {
  readonly publicUrl: string
  readonly provider: (id: string) => Provider | null
  readonly defaultProvider: Provider | null
  readonly model: (provider: Provider, name: string) => Model | null
  readonly modelsOf: (provider: Provider) => readonly Model[]
  /** The id of the server behind a URL, or null when we know none. */
  readonly mcpServerAt: (url: string) => string | null
}

export function createCatalogue(config: CatalogueConfig): Catalogue {
  const providers = new Map(config.providers.map((provider) => [provider.id, provider]))
  const models = new Map(config.models.map((model) => [model.id, model]))
  const servers = new Map<string, string>()
  for (const server of config.mcpServers) {
    for (const url of server.urls) servers.set(canonicalUrl(url) ?? url, server.id)
  }
  return {
    publicUrl: config.publicUrl,
    provider: (id) => providers.get(id) ?? null,
    defaultProvider: providers.get(config.defaultProvider ?? '') ?? null,
    model: (provider, name) => models.get(`${provider.id}/${name}`) ?? null,
    modelsOf: (provider) => config.models.filter((model) => model.provider === provider.id),
    mcpServerAt: (url) => servers.get(canonicalUrl(url) ?? '') ?? null,
  }
}

/** Where a token for this provider must be good (CONTRACTS 3). */
export const audienceOf = (publicUrl: string, provider: Provider): Audience =>
  `${publicUrl.replace(/\/$/, '')}/llm/${provider.id}` as Audience

/** Where an operation's path is appended to. */
export function baseUrlOf({ dialect, url }: Provider): string {
  const base = url.replace(/\/+$/, '')
  return dialect === 'openai' && new URL(url).pathname === '/' ? `${base}/v1` : base
}

/** One text for one place; a URL with credentials or a fragment is another text. */
const canonicalUrl = (text: string): string | null =>
  URL.canParse(text) ? new URL(text).href : null
