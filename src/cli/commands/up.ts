import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { formatProblem, type Config } from '../../app/config/config.ts'
import { fileSources } from '../../app/config/file-sources.ts'
import type { Flags } from '../../app/config/flags.ts'
import { readConfig } from '../../app/config/read-config.ts'
import { startReeve, type Reeve, type World } from '../../app/start-reeve.ts'
import { emptiness, widenings } from '../../app/widenings.ts'
import { epochMillis, type Clock } from '../../core/clock.ts'
import { createNewId } from '../../core/ids.ts'
import { createRandomPool } from '../../store/random-pool.ts'
import { EXIT } from '../exit-code.ts'
import { complain, type Terminal } from '../terminal.ts'

export type UpOptions = {
  readonly config: string
  readonly listenData?: string
  readonly listenControl?: string
  readonly listenPdp?: string
}

/** Starts the server and runs until it is told to stop. Exit 3 when a file is wrong, 1 when it cannot start. */
export async function up(terminal: Terminal, options: UpOptions): Promise<number> {
  const startedAt = performance.now()
  const flags = flagsOf(options)
  if (flags === null) {
    complain(terminal, '--listen-data, --listen-control and --listen-pdp take HOST:PORT')
    return EXIT.usage
  }
  const read = readConfig(fileSources(process.env), resolve(options.config), flags)
  if (!read.ok) {
    for (const problem of read.error) terminal.talk(formatProblem(problem))
    return EXIT.invalid
  }
  const config = read.value
  const reeve = await startReeve(config, realWorld(terminal))
  if (!reeve.ok) {
    for (const line of reeve.error.lines) terminal.talk(line)
    return reeve.error.kind === 'invalid' ? EXIT.invalid : EXIT.unexpected
  }
  greet(terminal, config, reeve.value, performance.now() - startedAt)
  await untilTold()
  terminal.talk('stopping')
  await reeve.value.close()
  return EXIT.ok
}

const ADDRESS = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/

/** The addresses of the command line, or null when one is none. */
function flagsOf(options: UpOptions): Flags | null {
  const { listenData: data, listenControl: control, listenPdp: pdp } = options
  const given = Object.entries({ data, control, pdp }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  if (given.some(([, value]) => !ADDRESS.test(value))) return null
  return Object.fromEntries(given)
}

/** The real clock, randomness and timers. */
export function realWorld(terminal: Pick<Terminal, 'talk'>): World {
  const clock: Clock = { now: () => epochMillis(Date.now()) }
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return {
    clock,
    newId: createNewId({
      now: clock.now,
      randomBytes: createRandomPool((length) => randomBytes(length)),
    }),
    pid: process.pid,
    version: (JSON.parse(manifest) as { version: string }).version,
    report: (what, error) => {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
      terminal.talk(`reeve: ${what}: ${why}`)
    },
    sources: fileSources(process.env),
    told: (lines) => lines.forEach((line) => terminal.talk(line)),
    every: (ms, run) => {
      const timer = setInterval(run, ms)
      timer.unref()
      return { stop: () => clearInterval(timer) }
    },
  }
}

function greet(terminal: Terminal, config: Config, reeve: Reeve, ms: number): void {
  const { colors } = terminal
  const { data, control, pdp } = reeve.listeners
  const at = (listener: { host: string; port: number }): string =>
    `http://${listener.host.includes(':') ? `[${listener.host}]` : listener.host}:${listener.port}`
  const row = (name: string, text: string, color = colors.dim): void =>
    terminal.talk(`  ${color(name.padEnd(10))}${text}`)
  terminal.talk(`reeve ${config.mode}`)
  if (data !== null)
    row(
      'agents',
      `${at(data)}  (${config.servers.length} MCP servers, ${config.models.length} models)`,
    )
  row('control', at(control))
  row('decisions', at(pdp))
  const { policies, digest } = reeve.release()
  row('policies', `${policies}, release ${digest.slice(0, 19)}…`)
  row('state', config.stateDirectory)
  for (const warning of [...config.notes, ...emptiness(config), ...widenings(config)])
    row('note', warning, colors.yellow)
  terminal.talk(`ready in ${Math.round(ms)} ms`)
}

const untilTold = (): Promise<void> =>
  new Promise((done) => {
    process.once('SIGINT', () => done())
    process.once('SIGTERM', () => done())
  })
