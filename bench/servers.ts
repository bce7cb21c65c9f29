import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LOAD_CORE, pause, pinned, SERVER_CORE } from './machine.ts'

/** A server under measurement, or one that it needs. */
export type Server = {
  readonly name: string
  readonly pid: number
  readonly stop: () => Promise<void>
}

export const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** A folder that is gone when the program ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })

type Start = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Answers true when the server does its work. */
  readonly isReady: () => Promise<boolean>
  readonly core?: string
}

const START_SECONDS_MAX = 120

export async function start(wanted: Start): Promise<Server> {
  const [command, args] = pinned(wanted.core ?? SERVER_CORE, wanted.command, wanted.args)
  const child = spawn(command, args, {
    env: { ...process.env, ...wanted.environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-4000)))
  const kill = (): void => void child.kill('SIGKILL')
  process.on('exit', kill)
  const stop = async (): Promise<void> => {
    process.off('exit', kill)
    await ended(child)
  }
  for (let waitedMs = 0; waitedMs < START_SECONDS_MAX * 1000; waitedMs += 20) {
    if (child.exitCode !== null) throw new Error(`${wanted.name} ended:\n${said}`)
    if (await wanted.isReady().catch(() => false))
      return { name: wanted.name, pid: child.pid ?? 0, stop }
    await pause(20)
  }
  await stop()
  throw new Error(`${wanted.name} was not ready in ${START_SECONDS_MAX} s:\n${said}`)
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

/** Reeve as it ships, in development mode: the full path, and each record on the disk. */
export const startReeve = (config: string, readyUrl: string): Promise<Server> =>
  start({
    name: 'reeve',
    command: process.execPath,
    args: [...nodeFlags(), here('../src/cli/main.ts'), 'up', '--config', config],
    isReady: async () => (await fetch(readyUrl)).ok,
  })

/** The decision port of Reeve with a ledger that only says yes. */
export const startReeveWithoutLedger = (config: string, readyUrl: string): Promise<Server> =>
  start({
    name: 'reeve, no ledger',
    command: process.execPath,
    args: [...nodeFlags(), here('reeve-without-ledger.ts'), config],
    isReady: async () => (await fetch(readyUrl)).ok,
  })

/** `NODE_FLAGS='--cpu-prof --cpu-prof-dir=…'` profiles the server under load. */
const nodeFlags = (): readonly string[] =>
  (process.env['NODE_FLAGS'] ?? '').split(' ').filter(Boolean)

export async function startCerbos(
  folder: string,
  policies: string,
): Promise<Server & { url: string }> {
  const port = await freePort()
  const config = [
    `server: {httpListenAddr: "127.0.0.1:${port}", grpcListenAddr: "127.0.0.1:${await freePort()}"}`,
    'audit: {enabled: false}',
    'telemetry: {disabled: true}',
    'schema: {enforcement: none}',
    `storage: {driver: disk, disk: {directory: ${policies}, watchForChanges: false}}`,
  ]
  writeFiles(folder, { 'cerbos.yaml': config.join('\n') })
  const url = `http://127.0.0.1:${port}`
  const server = await start({
    name: 'cerbos 0.55',
    command: here('node_modules/@cerbos/cerbos-linux-x64/cerbos-linux-x64'),
    args: ['server', '--config', join(folder, 'cerbos.yaml'), '--log-level=error'],
    environment: { GOMAXPROCS: '1', CERBOS_NO_TELEMETRY: '1', DO_NOT_TRACK: '1' },
    isReady: async () => (await fetch(`${url}/_cerbos/health`)).ok,
  })
  return { ...server, url }
}

/** What our gateway and its peers forward to, on the core of the load. */
export async function startUpstream(kind: 'llm' | 'mcp'): Promise<Server & { url: string }> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await start({
    name: `${kind} upstream`,
    command: process.execPath,
    args: [here('upstreams.ts'), kind, String(port)],
    isReady: async () => (await fetch(url)).status < 600,
    core: LOAD_CORE,
  })
  return { ...server, url }
}
