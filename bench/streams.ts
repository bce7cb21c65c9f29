/**
 * Reads streamed answers and tells when their parts arrived: every event says when it was sent.
 * Runs in a process of its own on the load's core.
 */
import { execFile } from 'node:child_process'
import { Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { LOAD_CORE, percentile, pinned } from './machine.ts'
import { CHUNKS, FLOOD_CHUNKS, nowNs } from './upstreams.ts'

export type Streams = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly connections: number
  readonly seconds: number
}

export type Read = {
  readonly chunks: number
  readonly chunksPerSecond: number
  readonly firstByteP50us: number
  readonly firstByteP99us: number
  /** From the upstream's `write` to our `data` event. */
  readonly chunkP50us: number
  readonly chunkP99us: number
}

export async function readStreams(streams: Streams): Promise<Read> {
  const self = fileURLToPath(import.meta.url)
  const [command, args] = pinned(LOAD_CORE, process.execPath, [self, JSON.stringify(streams)])
  const { stdout } = await promisify(execFile)(command, args)
  return JSON.parse(stdout) as Read
}

async function readHere(streams: Streams): Promise<Read> {
  const agent = new Agent({ keepAlive: true, maxSockets: streams.connections })
  const firstBytes: number[] = []
  const ages: number[] = []
  const expected = streams.body.includes('FLOOD') ? FLOOD_CHUNKS : CHUNKS
  const startedAt = performance.now()
  const endsAt = startedAt + streams.seconds * 1000
  const one = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      const sentAt = nowNs()
      let got = 0
      await readOne(agent, streams, (text) => {
        const at = nowNs()
        if (got === 0) firstBytes.push((at - sentAt) / 1e3)
        for (const [, time] of text.matchAll(/T(\d+)E/g)) {
          ages.push((at - Number(time)) / 1e3)
          got++
        }
      })
      if (got < expected) throw new Error(`${got} of ${expected} events came`)
    }
  }
  await Promise.all(Array.from({ length: streams.connections }, one))
  agent.destroy()
  const first = Float64Array.from(firstBytes).sort()
  const age = Float64Array.from(ages).sort()
  return {
    chunks: ages.length,
    chunksPerSecond: ages.length / ((performance.now() - startedAt) / 1000),
    firstByteP50us: percentile(first, 0.5),
    firstByteP99us: percentile(first, 0.99),
    chunkP50us: percentile(age, 0.5),
    chunkP99us: percentile(age, 0.99),
  }
}

/** An event may be cut in two by the network; what is cut is put together again. */
const readOne = (agent: Agent, streams: Streams, hear: (text: string) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const { url, headers, body } = streams
    const sent = request(url, { method: 'POST', agent, headers }, (reply) => {
      if (reply.statusCode !== 200) reject(new Error(`status ${reply.statusCode}`))
      let rest = ''
      reply.setEncoding('utf8')
      reply.on('data', (text: string) => {
        const whole = rest + text
        const end = whole.lastIndexOf('\n\n') + 1
        rest = whole.slice(end)
        hear(whole.slice(0, end))
      })
      reply.on('end', resolve)
      reply.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })

if (import.meta.main) {
  const read = await readHere(JSON.parse(process.argv[2] ?? '') as Streams)
  process.stdout.write(JSON.stringify(read))
}
