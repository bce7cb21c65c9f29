import { resolve } from 'node:path'
import type { JsonObject } from '../../core/json.ts'
import type { EngineOptions } from '../../policy/engine-options.ts'
import { parseAddress } from './assemble-config.ts'
import type { Flags } from './flags.ts'
import type { RawCerbosConfig } from './cerbos-schema.ts'
import type { Config, KeySetConfig } from './config.ts'
import type { ConfigSources } from './config-sources.ts'
import { isLoopback } from './cross-check.ts'
import { readPolicyFiles } from './read-policy-files.ts'
import { readJwks, type Report } from './read-references.ts'

/** What a file in Cerbos' form is read with. */
export type CerbosReading = {
  readonly sources: ConfigSources
  readonly file: string
  readonly report: Report
  readonly flags: Flags
}

/**
 * The configuration that a file in Cerbos' form describes: the decision API on loopback for
 * whoever is on this machine (SECURITY 5), no agents, and a control port of its own. As in Cerbos,
 * paths are relative to the working directory.
 */
export function assembleCerbosConfig(raw: RawCerbosConfig, reading: CerbosReading): Config {
  const pdp = listenAddress(raw, reading)
  const { directory, watchForChanges } = raw.storage.disk
  const policySource = { directory: resolve(directory), shortForm: null }
  const policies = readPolicyFiles(reading.sources, policySource, (_about, message, hint) =>
    reading.report(['storage', 'disk', 'directory'], message, hint),
  )
  if (reading.flags.data !== undefined)
    reading.report([], '`--listen-data` needs a `reeve.yaml`: this file serves no agents')
  const url = `http://localhost:${pdp.port}`
  return {
    ...NO_AGENTS,
    file: reading.file,
    publicUrl: url,
    listen: { data: null, control: parseAddress(reading.flags.control ?? '127.0.0.1:0'), pdp },
    stateDirectory: cerbosStateDirectory(raw),
    tokens: { ...NO_TOKENS, issuer: url },
    policySource,
    policyFiles: policies.files,
    schemaFiles: policies.schemas,
    engine: engineOptions(raw),
    decisionApi: {
      resourcesMax: raw.server.requestLimits.maxResourcesPerRequest,
      actionsMax: raw.server.requestLimits.maxActionsPerResource,
      keySets: keySets(raw, reading),
      skewSeconds: secondsOf(raw.auxData.jwt.acceptableTimeSkew),
    },
    watchPolicies: watchForChanges,
    notes: notesOf(raw, reading),
  }
}

/** Where the ledger of such a configuration lies. */
export const cerbosStateDirectory = (raw: RawCerbosConfig): string =>
  resolve(raw.audit.local.storagePath ?? '.reeve')

const NO_AGENTS = {
  mode: 'production',
  behindTlsProxy: false,
  callers: [{ kind: 'local' }],
  people: [],
  issuers: [],
  agents: [],
  servers: [],
  providers: [],
  models: [],
  decisionDeadlineMs: 200,
  // Cerbos has no such limit; this one only keeps a runaway client from filling the disk.
  callsPerSecond: { instance: 100_000, sponsor: 100_000, tenant: 100_000 },
} as const satisfies Partial<Config>

const NO_TOKENS = {
  defaultTtlSeconds: 300,
  maxTtlSeconds: 900,
  requireSponsor: true,
  supportedTools: [],
} as const

/** Without a host it is loopback: elsewhere everybody would be a caller without a credential. */
function listenAddress(raw: RawCerbosConfig, reading: CerbosReading): Config['listen']['pdp'] {
  const { host, port } = parseAddress(reading.flags.pdp ?? raw.server.httpListenAddr)
  const path = ['server', 'httpListenAddr']
  if (port > 65_535) reading.report(path, `port ${port} does not exist`, 'use one up to 65535')
  if (host !== '' && !isLoopback(host))
    reading.report(
      path,
      `listening on \`${host}\` is refused: callers of such a file have no credential`,
      'listen on 127.0.0.1, or use `reeve.yaml` with `callers` and `behind_tls_proxy`',
    )
  return { host: host === '' ? '127.0.0.1' : host, port }
}

const engineOptions = ({ engine, schema }: RawCerbosConfig): EngineOptions => ({
  ...engine,
  globals: engine.globals as JsonObject,
  schemaEnforcement: schema.enforcement,
})

function keySets(raw: RawCerbosConfig, reading: CerbosReading): readonly KeySetConfig[] {
  const seen = new Set<string>()
  return raw.auxData.jwt.keySets.map(({ id, local }, i) => {
    const path = ['auxData', 'jwt', 'keySets', i]
    if (seen.has(id)) reading.report([...path, 'id'], `\`${id}\` stands here twice`)
    seen.add(id)
    const report = (message: string, hint: string): void =>
      reading.report([...path, 'local'], message, hint)
    const inline = 'data' in local ? Buffer.from(local.data, 'base64').toString('utf8') : null
    const name = 'file' in local ? resolve(local.file) : `auxData.jwt.keySets[${i}].local.data`
    const sources = inline === null ? reading.sources : { readFile: () => inline }
    return { id, jwks: readJwks(sources, name, report) }
  })
}

const secondsOf = (duration: string): number =>
  Number.parseInt(duration, 10) * (duration.endsWith('m') ? 60 : 1)

function notesOf(raw: RawCerbosConfig, { flags }: CerbosReading): readonly string[] {
  const { audit, engine, server } = raw
  const notes = ['a Cerbos-style file: the decision API only, answers by policies only, no agents']
  if (flags.pdp === undefined && server.httpListenAddr.startsWith(':'))
    notes.push(`\`${server.httpListenAddr}\` listens on 127.0.0.1, and nowhere else`)
  if (!engine.strictEvaluation)
    notes.push(
      "Cerbos' default evaluation: a condition that fails counts as not met; `engine.strictEvaluation: true` makes it deny",
    )
  if (engine.lenientScopeSearch)
    notes.push('lenient scope search: a scope without policies is answered by an ancestor')
  for (const key of ['enabled', 'accessLogsEnabled', 'decisionLogsEnabled'] as const)
    if (audit[key] === false)
      notes.push(`\`audit.${key}: false\` is not obeyed: every decision is recorded`)
  return notes
}
