/**
 * Asks an HTTP server as fast as some connections allow, with `wrk` where it is installed and with
 * a small Node client elsewhere. Either runs on the load's core, never on the server's.
 */
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { has, LOAD_CORE, percentile, pinned } from './machine.ts'

export type Load = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent one after the other, again and again. */
  readonly bodies: readonly string[]
  readonly connections: number
  readonly seconds: number
}

export type Measured = {
  readonly requests: number
  readonly perSecond: number
  readonly p50us: number
  readonly p99us: number
}

/** Fails when any answer is not 2xx: a wrong answer is often a fast one. */
export const ask = (load: Load): Promise<Measured> =>
  has('wrk') ? askWithWrk(load) : askWithNode(load)

const run = promisify(execFile)

async function askWithWrk(load: Load): Promise<Measured> {
  const script = join(tmpdir(), `reeve-bench-${process.pid}.lua`)
  writeFileSync(script, wrkScript(load))
  const [command, args] = pinned(LOAD_CORE, 'wrk', [
    '-t1',
    `-c${load.connections}`,
    `-d${load.seconds}s`,
    '-s',
    script,
    load.url,
  ])
  const { stdout } = await run(command, args)
  rmSync(script)
  const [requests = 0, micros = 1, p50us = 0, p99us = 0, errors = 1] = (
    /RESULT ([\d ]+)/.exec(stdout)?.[1] ?? ''
  )
    .split(' ')
    .map(Number)
  if (errors > 0) throw new Error(`${errors} of ${requests} answers from ${load.url} were errors`)
  return { requests, perSecond: requests / (micros / 1e6), p50us, p99us }
}

const wrkScript = ({ url, headers, bodies }: Load): string => `
local bodies = { ${bodies.map((body) => `[==[${body}]==]`).join(',\n')} }
local requests, next = {}, 0
local headers = { ${Object.entries(headers)
  .map(([name, value]) => `["${name}"]="${value}"`)
  .join(', ')} }
function init()
  for i, body in ipairs(bodies) do
    requests[i] = wrk.format("POST", "${new URL(url).pathname}", headers, body)
  end
end
function request()
  next = next % #requests + 1
  return requests[next]
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status + errors.read + errors.write + errors.timeout))
end
`

async function askWithNode(load: Load): Promise<Measured> {
  const self = fileURLToPath(import.meta.url)
  const [command, args] = pinned(LOAD_CORE, process.execPath, [self, JSON.stringify(load)])
  const { stdout } = await run(command, args)
  return JSON.parse(stdout) as Measured
}

/** One request after the other on each connection. */
async function askHere(load: Load): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections })
  const micros: number[] = []
  const startedAt = performance.now()
  const endsAt = startedAt + load.seconds * 1000
  let next = 0
  const one = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      const body = load.bodies[next++ % load.bodies.length] ?? ''
      const sentAt = performance.now()
      await post(agent, load, body)
      micros.push((performance.now() - sentAt) * 1000)
    }
  }
  await Promise.all(Array.from({ length: load.connections }, one))
  agent.destroy()
  const sorted = Float64Array.from(micros).sort()
  return {
    requests: micros.length,
    perSecond: micros.length / ((performance.now() - startedAt) / 1000),
    p50us: percentile(sorted, 0.5),
    p99us: percentile(sorted, 0.99),
  }
}

const post = (agent: Agent, { url, headers }: Load, body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (reply) => {
      if ((reply.statusCode ?? 500) >= 300) reject(new Error(`status ${reply.statusCode}`))
      reply.resume()
      reply.on('end', resolve)
    })
    sent.on('error', reject)
    sent.end(body)
  })

if (import.meta.main) {
  const measured = await askHere(JSON.parse(process.argv[2] ?? '') as Load)
  process.stdout.write(JSON.stringify(measured))
}
