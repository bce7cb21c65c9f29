import { dirname, join, resolve } from 'node:path'
import type { JsonObject } from '../../core/json.ts'
import { DEFAULT_CHECK_LIMITS } from '../../gateway/cerbos/read-check.ts'
import { DEFAULT_ENGINE_OPTIONS } from '../../policy/engine-options.ts'
import { DEVELOPMENT_ISSUER, type Config, type IssuerConfig } from './config.ts'
import type { RawConfig, RawTokens } from './raw-config.ts'
import { SHORT_FORM } from './read-policy-files.ts'
import type { References } from './read-references.ts'

/** Turns the checked files into the configuration: references read, defaults that depend on others applied. */
export function assembleConfig(
  file: string,
  raw: RawConfig,
  tokens: RawTokens,
  references: References,
): Config {
  const publicUrl = withoutSlash(raw.public_url)
  const base = dirname(file)
  const policySource = {
    directory: raw.policies === undefined ? null : resolve(base, raw.policies.dir),
    shortForm: join(base, SHORT_FORM),
  }
  const policies = references.policies(policySource)
  return {
    mode: raw.mode,
    file,
    publicUrl,
    behindTlsProxy: raw.behind_tls_proxy,
    listen: {
      data: parseAddress(raw.listen.data),
      control: parseAddress(raw.listen.control),
      pdp: parseAddress(raw.listen.pdp),
    },
    callers: raw.callers.map((caller, i) =>
      'local' in caller
        ? { kind: 'local' }
        : {
            kind: 'credential',
            id: caller.id,
            credential: references.secret(['callers', i, 'credential'], caller.credential),
          },
    ),
    stateDirectory: stateDirectoryOf(file, raw),
    tokens: tokenService(raw, tokens, publicUrl),
    people: raw.identity.people.map((person) => ({ ...person, attr: person.attr as JsonObject })),
    issuers: issuers(raw, references),
    agents: agents(raw, references),
    servers: raw.mcp.servers.map((server, i) => ({
      id: server.id,
      url: server.url,
      credential: references.credential(['mcp', 'servers', i, 'credential'], server.credential),
      openArguments: server.open_arguments,
    })),
    providers: raw.providers.map((provider, i) => ({
      id: provider.id,
      dialect: provider.dialect,
      url: withoutSlash(provider.url),
      credential: references.credential(['providers', i, 'credential'], provider.credential),
      default: provider.default,
    })),
    models: raw.models.map((model) => ({
      id: model.id,
      provider: model.id.slice(0, model.id.indexOf('/')),
      model: model.id.slice(model.id.indexOf('/') + 1),
      tier: model.tier ?? null,
      attr: model.attr as JsonObject,
    })),
    policySource,
    policyFiles: policies.files,
    schemaFiles: policies.schemas,
    engine: DEFAULT_ENGINE_OPTIONS,
    decisionApi: { ...DEFAULT_CHECK_LIMITS, keySets: [], skewSeconds: 0 },
    watchPolicies: raw.mode === 'development',
    notes: [],
    decisionDeadlineMs: raw.limits.decision_deadline_ms,
    callsPerSecond: raw.limits.calls_per_second,
  }
}

/** The folder of the database; the keys and the operator's credential stand beside it. */
export function stateDirectoryOf(file: string, raw: Pick<RawConfig, 'mode' | 'store'>): string {
  const state = raw.mode === 'development' ? '.reeve/development' : '.reeve'
  return dirname(resolve(dirname(file), raw.store?.sqlite.path ?? `${state}/reeve.db`))
}

function tokenService(raw: RawConfig, tokens: RawTokens, publicUrl: string): Config['tokens'] {
  const issuer = raw.mode === 'development' ? DEVELOPMENT_ISSUER : publicUrl
  const everything = [...raw.mcp.servers, ...raw.providers].map(({ id }) => id)
  return {
    issuer: tokens.issuer ?? issuer,
    defaultTtlSeconds: tokens.default_ttl_seconds,
    maxTtlSeconds: tokens.max_ttl_seconds,
    requireSponsor: tokens.require_sponsor,
    supportedTools: tokens.supported_tools ?? everything,
  }
}

const issuers = (raw: RawConfig, references: References): Config['issuers'] =>
  raw.identity.issuers.map((issuer, i): IssuerConfig => ({
    issuer: issuer.issuer,
    alias: issuer.alias,
    primary: issuer.primary,
    algorithms: issuer.algorithms,
    audience: issuer.audience,
    jwks: references.jwks(['identity', 'issuers', i, 'jwks_file'], issuer.jwks_file),
  }))

const agents = (raw: RawConfig, references: References): Config['agents'] =>
  raw.agents.map((agent, i) => ({
    id: agent.id,
    sponsor: agent.sponsor,
    acts: agent.acts,
    roles: agent.roles,
    attr: agent.attr as JsonObject,
    scope: agent.scope,
    jwks:
      agent.jwks_file === undefined
        ? null
        : references.jwks(['agents', i, 'jwks_file'], agent.jwks_file),
    development: agent.development,
  }))

/** `HOST:PORT`, the shape having been checked. */
export function parseAddress(text: string): Config['listen']['pdp'] {
  const colon = text.lastIndexOf(':')
  return {
    host: text.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(text.slice(colon + 1)),
  }
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '')
