import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { EngineSetup } from './engine-setup.ts'

/** A running Cerbos program; `stop` ends it and removes its files. */
export type CerbosServer = {
  /** Sends the JSON text of one request, and gives the JSON text of the answer. */
  readonly check: (body: string) => Promise<string>
  readonly stop: () => Promise<void>
}

/** The program did not take the policies; `complaints` are its words, by path of the file. */
export class PoliciesRefused extends Error {
  readonly complaints: ReadonlyMap<string, string>
  constructor(complaints: ReadonlyMap<string, string>, said: string) {
    super(`Cerbos refuses the policies: ${said}`)
    this.complaints = complaints
  }
}

export const PROGRAM: string = fileURLToPath(
  new URL('node_modules/@cerbos/cerbos-linux-x64/cerbos-linux-x64', import.meta.url),
)

/** Why the program cannot be run here, or false; the packages bring it for one platform only. */
export const cerbosMissing = (): string | false => {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `no Cerbos program for ${process.platform}-${process.arch}`
  return existsSync(PROGRAM) ? false : 'not installed: run `npm ci` in test/differential'
}

const PORT_TRIES_MAX = 5
/** From the start to the first answer; 150 policies take about 4 s of one core. */
const START_MS_MAX = 30_000
const STOP_MS_MAX = 5_000

/** Starts the program on a loopback port of its own and waits until it answers. */
export async function startCerbos(setup: EngineSetup): Promise<CerbosServer> {
  const home = mkdtempSync(join(tmpdir(), 'reeve-differential-'))
  try {
    for (const { path, text } of setup.files) {
      mkdirSync(dirname(join(home, 'policies', path)), { recursive: true })
      writeFileSync(join(home, 'policies', path), text)
    }
    for (let tries = 1; ; tries++) {
      const said: string[] = []
      // The HTTP side reaches the gRPC side by its configured address, so that needs a port as well.
      const [port, grpcPort] = await freePorts()
      const config = configOf(setup, home, { http: port, grpc: grpcPort })
      writeFileSync(join(home, 'config.json'), JSON.stringify(config))
      const child = launch(home, said)
      const stop = () => end(child, home)
      if (await becomesHealthy(child, port)) return { check: checkAt(port), stop }
      await endProcess(child)
      const text = said.join('')
      if (tries < PORT_TRIES_MAX && text.includes('address already in use')) continue
      throw new PoliciesRefused(complaintsAbout(home), text.slice(-2000))
    }
  } catch (error) {
    rmSync(home, { recursive: true, force: true })
    throw error
  }
}

function configOf(
  setup: EngineSetup,
  home: string,
  ports: { readonly http: number; readonly grpc: number },
): object {
  return {
    server: {
      httpListenAddr: `127.0.0.1:${ports.http}`,
      grpcListenAddr: `127.0.0.1:${ports.grpc}`,
      requestLimits: { maxResourcesPerRequest: 500, maxActionsPerResource: 500 },
    },
    storage: {
      driver: 'disk',
      disk: { directory: join(home, 'policies'), watchForChanges: false },
    },
    telemetry: { disabled: true },
    audit: { enabled: false },
    schema: { enforcement: setup.schemas },
    engine: {
      strictEvaluation: setup.strict,
      globals: setup.globals,
    },
  }
}

/** Its garbage collector takes most of the time of the start unless memory allows to put it off. */
const ENVIRONMENT = {
  CERBOS_NO_TELEMETRY: '1',
  DO_NOT_TRACK: '1',
  GOGC: 'off',
  GOMEMLIMIT: '600MiB',
}
/** Without a listener they end the process and let its children live on. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** What it said last is what went wrong. */
const LINES_KEPT_MAX = 40

function launch(home: string, said: string[]): ChildProcess {
  const child = spawn(PROGRAM, ['server', `--config=${join(home, 'config.json')}`], {
    cwd: home,
    env: { ...ENVIRONMENT, HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said.push(chunk.toString())
      if (said.length > LINES_KEPT_MAX) said.shift()
    })
  child.once('error', (error) => said.push(error.message))
  // The process and its files are ours alone: however the tests end, so do they.
  const kill = () => {
    child.kill('SIGKILL')
    rmSync(home, { recursive: true, force: true })
  }
  const leave = () => process.exit(1)
  process.once('exit', kill)
  for (const signal of SIGNALS) process.once(signal, leave)
  child.once('exit', () => {
    process.removeListener('exit', kill)
    for (const signal of SIGNALS) process.removeListener(signal, leave)
  })
  return child
}

/** Two ports that nothing listened on a moment ago, held until both are known. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()]
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address !== null && typeof address === 'object') ports.push(address.port)
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  return [ports[0] ?? 0, ports[1] ?? 0]
}

async function becomesHealthy(child: ChildProcess, port: number): Promise<boolean> {
  const until = Date.now() + START_MS_MAX
  while (Date.now() < until && child.exitCode === null && child.signalCode === null) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/_cerbos/health`)
      await answer.arrayBuffer()
      if (answer.ok) return true
    } catch {
      // It does not listen yet.
    }
    await sleep(50)
  }
  return false
}

/** Only the compiler of the program names every policy that it does not take. */
function complaintsAbout(home: string): ReadonlyMap<string, string> {
  const run = spawnSync(PROGRAM, ['compile', '--output=json', join(home, 'policies')], {
    env: { ...ENVIRONMENT, HOME: home },
    encoding: 'utf8',
    timeout: START_MS_MAX,
  })
  const complaints = new Map<string, string>()
  for (const [, path, text] of run.stdout.matchAll(FILE_AND_ERROR))
    if (path !== undefined && !complaints.has(path)) complaints.set(path, text ?? '')
  return complaints
}

const FILE_AND_ERROR =
  /"file":\s*"([^"]+)",\s*"error":\s*("(?:[^"\\]|\\.)*"(?:,\s*"description":\s*"(?:[^"\\]|\\.)*")?)/g

const checkAt =
  (port: number) =>
  async (body: string): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/check/resources`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`Cerbos answers ${answer.status}: ${text}`)
    return text
  }

async function end(child: ChildProcess, home: string): Promise<void> {
  await endProcess(child)
  rmSync(home, { recursive: true, force: true })
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const waited = await Promise.race([ended.then(() => true), sleep(STOP_MS_MAX, false)])
  if (!waited) {
    child.kill('SIGKILL')
    await ended
  }
}
