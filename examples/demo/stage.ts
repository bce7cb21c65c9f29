import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { createAgentKey, type AgentKey } from './agent-keys.ts'
import { freePorts } from './ports.ts'
import { DEMO_PROVIDER_KEY, startProvider } from './provider.ts'
import { startReeve, type ReeveProcess } from './reeve-process.ts'
import { startServers, type DemoServers } from './servers.ts'

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))
const CONFIG = fileURLToPath(new URL('reeve.yaml', import.meta.url))

/** Everything the story plays on: four MCP servers, a model provider, Reeve, and the agents' keys. */
export type Stage = {
  readonly reeveUrl: string
  readonly controlUrl: string
  readonly stateDirectory: string
  readonly servers: DemoServers
  readonly provider: Awaited<ReturnType<typeof startProvider>>
  readonly reeve: ReeveProcess
  readonly keys: Readonly<Record<'refund-agent' | 'triage-agent', AgentKey>>
  readonly close: () => Promise<void>
}

/** Ports of every part; 0 asks the system for a free one. */
export type StagePorts = {
  readonly data: number
  readonly control: number
  readonly pdp: number
  readonly payments: number
  readonly tickets: number
  readonly crm: number
  readonly payroll: number
  readonly provider: number
}

export async function anyPorts(): Promise<StagePorts> {
  const [data = 0, control = 0, pdp = 0] = await freePorts(3)
  return { data, control, pdp, payments: 0, tickets: 0, crm: 0, payroll: 0, provider: 0 }
}

/** Whether a server holds the directory: its ledger must not be taken from under it. */
function isHeld(stateDirectory: string): boolean {
  const path = join(stateDirectory, 'reeve.lock')
  if (!existsSync(path)) return false
  const lock = new DatabaseSync(path)
  try {
    lock.exec('begin exclusive')
    return false
  } catch {
    return true
  } finally {
    lock.close()
  }
}

/** Builds the stage. `fresh` begins with an empty ledger, so that the story is always the same. */
export async function buildStage(
  ports: StagePorts,
  stateDirectory: string,
  fresh: boolean,
): Promise<Stage> {
  if (fresh) {
    if (isHeld(stateDirectory)) throw new Error(`a demo is already running on ${stateDirectory}`)
    rmSync(stateDirectory, { recursive: true, force: true })
  }
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 })
  const reeveUrl = `http://localhost:${ports.data}`
  const keyDirectory = join(stateDirectory, 'demo-keys')
  const keys = {
    'refund-agent': await createAgentKey(keyDirectory, 'refund-agent'),
    'triage-agent': await createAgentKey(keyDirectory, 'triage-agent'),
  }
  const servers = await startServers({ reeveUrl, ports })
  const provider = await startProvider({ port: ports.provider })
  const closeParts = async (): Promise<void> => {
    await provider.close()
    await servers.close()
  }
  try {
    const reeve = await startReeve(['--config', CONFIG], {
      DEMO_PUBLIC_URL: reeveUrl,
      DEMO_DATA: `127.0.0.1:${ports.data}`,
      DEMO_CONTROL: `127.0.0.1:${ports.control}`,
      DEMO_PDP: `127.0.0.1:${ports.pdp}`,
      DEMO_STATE: stateDirectory,
      DEMO_KEYS: keyDirectory,
      DEMO_PAYMENTS: servers.urls['payments'] ?? '',
      DEMO_TICKETS: servers.urls['tickets'] ?? '',
      DEMO_CRM: servers.urls['crm'] ?? '',
      DEMO_PAYROLL: servers.urls['payroll'] ?? '',
      DEMO_PROVIDER: provider.url,
      DEMO_PROVIDER_KEY,
    })
    return {
      reeveUrl,
      controlUrl: `http://127.0.0.1:${ports.control}`,
      stateDirectory,
      servers,
      provider,
      reeve,
      keys,
      close: async () => {
        await reeve.stop()
        await closeParts()
      },
    }
  } catch (error) {
    await closeParts()
    throw error
  }
}
