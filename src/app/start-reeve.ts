import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { Agent } from 'undici'
import { createControlPlane } from '../admin/control-plane.ts'
import { seconds, type Clock } from '../core/clock.ts'
import { DEFAULT_TENANT, isPersonId, type AgentId, type NewId, type TokenId } from '../core/ids.ts'
import type { JsonObject } from '../core/json.ts'
import type { Handle } from '../core/path.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { createStrangerLog, type StrangerLog } from '../gateway/stranger-log.ts'
import { UPSTREAM_AGENT_OPTIONS } from '../gateway/upstream.ts'
import type { CompiledRelease } from '../policy/release.ts'
import { mintPersonToken } from '../sts/person-token.ts'
import { claimMode } from './claim-mode.ts'
import type { Config } from './config/config.ts'
import type { ConfigSources } from './config/config-sources.ts'
import { hostsOf } from './http/guard.ts'
import { listen, type Listener } from './http/listen.ts'
import { loadRelease, reloadRelease } from './load-release.ts'
import { openOperatorCredential } from './operator-credential.ts'
import { openStore, type Store } from './open-store.ts'
import { writePrivateFile } from './private-file.ts'
import { probeReadiness } from './readiness.ts'
import { openRolloutKey } from './rollout-key.ts'
import { openTokenKeys, type TokenKeys } from './token-keys.ts'
import { watchPolicies } from './watch-policies.ts'
import { wireGateway, type Gateway } from './wire-gateway.ts'
import { sponsorsOf } from './wire-identity.ts'

/** What the process gives to a server of ours. */
export type World = {
  readonly clock: Clock
  readonly newId: NewId
  readonly pid: number
  readonly version: string
  /** Told what went wrong behind a reply that has already been given. */
  readonly report: (what: string, error: unknown) => void
  /** Reads policies again, where changed files count. */
  readonly sources: ConfigSources
  /** Tells people what happened while the server runs. */
  readonly told: (lines: readonly string[]) => void
  /** Calls back every so often until stopped. */
  readonly every: (ms: number, run: () => void) => { readonly stop: () => void }
}

/** Why nothing was started: mistakes in files exit with 3, everything else with 1. */
export type StartFailure = {
  readonly kind: 'invalid' | 'failed'
  readonly lines: readonly string[]
}

/** A running server. */
export type Reeve = {
  readonly listeners: {
    /** Null where no agents are served. */
    readonly data: Listener | null
    readonly control: Listener
    readonly pdp: Listener
  }
  /** The release in force now. */
  readonly release: () => CompiledRelease
  readonly close: () => Promise<void>
}

/** How often counted refusals of strangers become records. */
const FLUSH_EVERY_MS = 60_000
/** A person signed in by development mode stays so for an hour. */
const DEVELOPMENT_SIGN_IN_SECONDS = 3600

/** Starts everything that the configuration describes, or nothing: what was opened is closed again. */
export async function startReeve(
  config: Config,
  world: World,
): Promise<Result<Reeve, StartFailure>> {
  const texts = { files: config.policyFiles, schemas: config.schemaFiles }
  const mode = claimMode(config.stateDirectory, config.mode)
  if (!mode.ok) return failed(mode.error)
  const rolloutKey = openRolloutKey(config.stateDirectory)
  const loaded = loadRelease(texts, config.engine, rolloutKey)
  if (!loaded.ok) return fail({ kind: 'invalid', lines: loaded.error })
  const release: InForce = { current: loaded.value }
  const store = await openStore({ directory: config.stateDirectory, deployment: 'reeve' })
  if (!store.ok) return failed(store.error.detail)
  const undo: (() => Promise<void>)[] = [store.value.close]
  const stop = async (): Promise<void> => {
    for (const close of undo.toReversed()) await close()
  }
  let started: Awaited<ReturnType<typeof open>>
  try {
    started = await open({ config, world, release, store: store.value, undo })
  } catch (error) {
    // A half-open server would keep the lock, and the process alive.
    await stop()
    throw error
  }
  if (started.ok)
    return ok({ listeners: started.value, release: () => release.current, close: stop })
  await stop()
  return started
}

const failed = (line: string): Result<never, StartFailure> =>
  fail({ kind: 'failed', lines: [line] })

/** The one thing that changes while the server runs: replaced whole, read once per request. */
type InForce = { current: CompiledRelease }

type Opening = {
  readonly config: Config
  readonly world: World
  readonly release: InForce
  readonly store: Store
  /** What closes what was opened, in the order of opening. */
  readonly undo: (() => Promise<void>)[]
}

async function open(opening: Opening): Promise<Result<Reeve['listeners'], StartFailure>> {
  const { config, world, store, undo } = opening
  const keys = openTokenKeys(config.stateDirectory)
  if (!keys.ok) return failed(keys.error)
  const seeded = await store.seedRegistry(
    config.agents.map((agent) => agent.id as AgentId),
    sponsorsOf(config),
  )
  if (!seeded.ok) return failed(seeded.error.detail)
  const strangers = createStrangerLog({
    clock: world.clock,
    newId: world.newId,
    commit: store.commit,
  })
  const flushing = world.every(FLUSH_EVERY_MS, () => void strangers.flush(false))
  undo.push(async () => {
    flushing.stop()
    await strangers.flush(true)
  })
  const dispatcher = new Agent(UPSTREAM_AGENT_OPTIONS)
  undo.push(() => dispatcher.destroy())
  const gateway = wireGateway(
    {
      store,
      keys: keys.value,
      clock: world.clock,
      newId: world.newId,
      recordStranger: strangers.record,
      outcomeLost: (id, why) =>
        world.report(`the outcome of decision ${id} was not recorded`, why.detail),
      release: () => opening.release.current,
      dispatcher,
      report: world.report,
      version: world.version,
    },
    config,
  )
  // What it cannot use are keys that the configuration names.
  if (!gateway.ok) return fail({ kind: 'invalid', lines: [`${config.file}:1:1: ${gateway.error}`] })
  const control = controlPlane(opening, keys.value, gateway.value, strangers)
  const ports = await openPorts(opening, gateway.value, control)
  if (!ports.ok) return failed(ports.error)
  if (config.watchPolicies) undo.push(watch(opening))
  return ports
}

/** Changed files take effect by themselves only where the configuration says so (SECURITY 27). */
function watch({ config, world, release }: Opening): () => Promise<void> {
  const { sources } = world
  const { directory, shortForm } = config.policySource
  const watching = watchPolicies({
    every: world.every,
    stamp: () => {
      const policies = directory === null ? [] : (sources.listPolicies(directory) ?? [])
      const schemas = directory === null ? [] : sources.listSchemas(directory)
      return sources.stamp([...policies, ...schemas, ...(shortForm === null ? [] : [shortForm])])
    },
    load: () => reloadRelease(sources, config, openRolloutKey(config.stateDirectory)),
    swap: (next) => {
      if (next.digest === release.current.digest) return
      release.current = next
      world.told([`policies reloaded: ${next.policies}, release ${next.digest}`])
    },
    told: world.told,
  })
  return async () => watching.stop()
}

function controlPlane(
  { config, world, store, release }: Opening,
  keys: TokenKeys,
  gateway: Gateway,
  strangers: StrangerLog,
): Handle {
  const { clock, newId } = world
  return createControlPlane({
    clock,
    newId,
    commit: store.commit,
    isOperator: openOperatorCredential(config.stateDirectory),
    recordStranger: strangers.record,
    sponsorStatus: (id) => store.readState.sponsorStatus(DEFAULT_TENANT, id),
    agentStatus: (id) => store.readState.agentStatus(DEFAULT_TENANT, id),
    readiness: () =>
      probeReadiness({
        config,
        clock,
        newId,
        commit: store.commit,
        policyCount: () => release.current.policies,
      }),
    signIn: config.mode === 'development' ? developmentSignIn(config, world, keys) : null,
    tool: gateway.mcp.tool,
  })
}

const developmentSignIn =
  (config: Config, world: World, keys: TokenKeys) =>
  (person: string): JsonObject | null => {
    if (!isPersonId(person) || !config.people.some(({ id }) => id === person)) return null
    const token = mintPersonToken(
      { issuer: config.tokens.issuer, key: keys.set.signing },
      {
        person,
        ttlSeconds: seconds(DEVELOPMENT_SIGN_IN_SECONDS),
        id: world.newId() as TokenId,
        at: world.clock.now(),
      },
    )
    return { token, token_type: 'person+jwt', expires_in: DEVELOPMENT_SIGN_IN_SECONDS }
  }

async function openPorts(
  { config, world, undo }: Opening,
  gateway: Gateway,
  control: Handle,
): Promise<Result<Reeve['listeners'], string>> {
  const openPort = async (
    name: 'data' | 'control' | 'pdp',
    handle: Handle,
  ): Promise<Result<Listener, string>> => {
    const listener = await listen({
      name,
      ...(config.listen[name] ?? config.listen.pdp),
      tenant: DEFAULT_TENANT,
      clock: world.clock,
      guard: (listening) => ({
        hosts: hostsOf(listening, name === 'data' ? config.publicUrl : null),
        origins: new Set(),
        refuseForwarded: config.mode === 'development',
      }),
      handle,
      refused: gateway.refused[name],
      onBug: (error) => world.report(`a request on the ${name} port failed`, error),
    })
    if (listener.ok) undo.push(listener.value.close)
    return listener
  }
  const data = config.listen.data === null ? null : await openPort('data', gateway.data)
  if (data?.ok === false) return data
  const controlPort = await openPort('control', control)
  if (!controlPort.ok) return controlPort
  const pdp = await openPort('pdp', gateway.decisions)
  if (!pdp.ok) return pdp
  leaveAddress(config, world, controlPort.value, undo)
  return ok({ data: data?.value ?? null, control: controlPort.value, pdp: pdp.value })
}

/** Commands find the running server by this file; it is gone when the server is. */
function leaveAddress(
  config: Config,
  world: World,
  control: Listener,
  undo: (() => Promise<void>)[],
): void {
  const path = join(config.stateDirectory, 'server.json')
  const address = `http://${control.host.includes(':') ? `[${control.host}]` : control.host}:${control.port}`
  writePrivateFile(path, JSON.stringify({ control: address, pid: world.pid }))
  undo.push(async () => rmSync(path, { force: true }))
}
