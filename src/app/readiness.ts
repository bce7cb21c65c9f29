import { connect } from 'node:net'
import { statfs } from 'node:fs/promises'
import type { Probe } from '../admin/control-plane.ts'
import type { Clock } from '../core/clock.ts'
import type { DecisionId, NewId } from '../core/ids.ts'
import { DEFAULT_TENANT } from '../core/ids.ts'
import type { Commit } from '../core/path.ts'
import { blankDraft } from '../core/blank-draft.ts'
import type { Config } from './config/config.ts'
import { emptiness, widenings } from './widenings.ts'

export type ReadinessDeps = {
  readonly config: Config
  readonly clock: Clock
  readonly newId: NewId
  readonly commit: Commit
  readonly policyCount: () => number
}

/** An upstream that does not accept a connection in this time is not there. */
const CONNECT_TIMEOUT_MS = 1000
/** Less room than this on the disk of the ledger is a warning. */
const DISK_FREE_BYTES_MIN = 1024 * 1024 * 1024

/** Looks at the running server: every line is something that was just tried, none is a remembered state. */
export async function probeReadiness(deps: ReadinessDeps): Promise<readonly Probe[]> {
  const { config } = deps
  const upstreams = [
    ...config.servers.map((server) => ({ name: `mcp server ${server.id}`, url: server.url })),
    ...config.providers.map((provider) => ({
      name: `model provider ${provider.id}`,
      url: provider.url,
    })),
  ]
  return [
    ...policies(deps),
    await ledger(deps),
    await disk(config),
    ...(await Promise.all(upstreams.map(reachable))),
    ...emptiness(config).map((detail): Probe => ({
      name: 'configuration',
      status: 'warn',
      detail,
    })),
    ...widenings(config).map((detail): Probe => ({ name: 'widening', status: 'warn', detail })),
  ]
}

/** That there are none is said of the configuration. */
function policies(deps: ReadinessDeps): readonly Probe[] {
  const count = deps.policyCount()
  if (count === 0) return []
  return [{ name: 'policies', status: 'pass', detail: `${count} policies in force` }]
}

/**
 * Writes a record and waits until it is durable: the only proof that evidence can be written. So
 * each run leaves one record, and only the operator can ask for one.
 */
async function ledger(deps: ReadinessDeps): Promise<Probe> {
  const startedAt = deps.clock.now()
  const id = deps.newId() as DecisionId
  const draft = blankDraft({
    id,
    at: startedAt,
    tenant: DEFAULT_TENANT,
    surface: 'control',
    source: null,
  })
  const receipt = await deps.commit(
    {
      ...draft,
      type: 'readiness.probed',
      effect: 'applied',
      principal: 'operator',
      action: 'readiness.probed',
    },
    [],
    [],
  )
  if (!receipt.ok) return { name: 'ledger', status: 'fail', detail: receipt.error.detail }
  const ms = deps.clock.now() - startedAt
  return {
    name: 'ledger',
    status: 'pass',
    detail: `record ${receipt.value.index} durable in ${ms} ms`,
  }
}

async function disk(config: Config): Promise<Probe> {
  const found = await statfs(config.stateDirectory).catch(() => null)
  if (found === null)
    return { name: 'disk', status: 'fail', detail: `${config.stateDirectory} is not there` }
  const { bavail, bsize } = found
  const free = bavail * bsize
  const gib = (free / 1024 ** 3).toFixed(1)
  return {
    name: 'disk',
    status: free >= DISK_FREE_BYTES_MIN ? 'pass' : 'warn',
    detail: `${gib} GiB free for the ledger`,
  }
}

function reachable(upstream: { readonly name: string; readonly url: string }): Promise<Probe> {
  const { hostname, port, protocol } = new URL(upstream.url)
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
  const host = hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve) => {
    const socket = connect({ host, port: number, timeout: CONNECT_TIMEOUT_MS })
    const end = (status: Probe['status'], detail: string): void => {
      socket.destroy()
      resolve({ name: upstream.name, status, detail })
    }
    socket.on('connect', () => end('pass', `accepts connections at ${host}:${number}`))
    socket.on('timeout', () => end('fail', `${host}:${number} does not answer`))
    socket.on('error', () => end('fail', `${host}:${number} cannot be reached`))
  })
}
