/**
 * `POST /api/check/resources`: Reeve with a durable record for each request, Reeve without its
 * ledger, and Cerbos, asked in turns over loopback. Nothing is timed before it answered the whole
 * workload as the oracle does.
 *
 * usage: node check.ts [--json] [--policies 10] [--shapes 1x1,1x5,20x4] [--connections 1,32]
 *                      [--seconds 2] [--repeat 3] [--only reeve,cerbos]    (whole seconds)
 */
import { parseArgs } from 'node:util'
import { join } from 'node:path'
import { ask, type Measured } from './load.ts'
import { cpuTime, digits, quiet, residentMiB, say, shown, spreadOf } from './machine.ts'
import {
  freePort,
  startCerbos,
  startReeve,
  startReeveWithoutLedger,
  temporaryFolder,
  writeFiles,
  type Server,
} from './servers.ts'
import { requests, verify, writePolicies } from './workload.mjs'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    policies: { type: 'string', default: '10' },
    shapes: { type: 'string', default: '1x1,1x5,20x4' },
    connections: { type: 'string', default: '1,32' },
    seconds: { type: 'string', default: '2' },
    repeat: { type: 'string', default: '3' },
    only: { type: 'string', default: 'reeve,reeve-without-ledger,cerbos' },
  },
})
const policies = Number(options.policies)
const shapes = options.shapes.split(',')
const seconds = Number(options.seconds)
const JSON_HEADERS = { 'content-type': 'application/json' }

type Contestant = Server & { readonly url: string }
type Run = Measured & { readonly cpuUs: number; readonly mainThreadCpuUs: number }

const folder = temporaryFolder()
const policyFolder = join(folder, 'policies')
writePolicies(policyFolder, policies)

const starters: Readonly<Record<string, () => Promise<Contestant>>> = {
  reeve: () => ours('reeve', startReeve),
  'reeve-without-ledger': () => ours('reeve-without-ledger', startReeveWithoutLedger),
  cerbos: () => startCerbos(folder, policyFolder),
}

async function ours(name: string, begin: typeof startReeve): Promise<Contestant> {
  const port = await freePort()
  const config = [
    'mode: development',
    `listen: {data: "127.0.0.1:${await freePort()}", control: "127.0.0.1:${await freePort()}", pdp: "127.0.0.1:${port}"}`,
    `store: {sqlite: {path: ${join(folder, name, 'reeve.db')}}}`,
    'callers: [{local: true}]',
    `policies: {dir: ${policyFolder}}`,
    'limits: {calls_per_second: {tenant: 1000000}}',
  ]
  writeFiles(folder, { [`${name}.yaml`]: config.join('\n') })
  const url = `http://127.0.0.1:${port}`
  return { ...(await begin(join(folder, `${name}.yaml`), `${url}/_cerbos/health`)), url }
}

async function checkAnswers({ name, url }: Contestant): Promise<void> {
  let asked = 0
  for (const request of shapes.flatMap((shape) => requests(shape, policies))) {
    const reply = await fetch(`${url}/api/check/resources`, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: JSON.stringify(request),
    })
    const { bad, n } = verify(request, await reply.json())
    if (bad > 0)
      throw new Error(`${name} answers ${bad} of ${n} asks of ${request.requestId} wrongly`)
    asked += n
  }
  say(`${name}: ${asked} decisions as the oracle says`)
}

async function measure(server: Contestant, shape: string, connections: number): Promise<Run> {
  const load = {
    url: `${server.url}/api/check/resources`,
    headers: JSON_HEADERS,
    bodies: requests(shape, policies).map((request) => JSON.stringify(request)),
    connections,
  }
  await ask({ ...load, seconds: 1 })
  await quiet()
  const before = cpuTime(server.pid)
  const measured = await ask({ ...load, seconds })
  const after = cpuTime(server.pid)
  return {
    ...measured,
    cpuUs: (after.all - before.all) / measured.requests,
    mainThreadCpuUs: (after.mainThread - before.mainThread) / measured.requests,
  }
}

const contestants: Contestant[] = []
for (const name of options.only.split(',')) {
  const startedAt = performance.now()
  const server = await starters[name]?.()
  if (server === undefined) throw new Error(`there is no contestant \`${name}\``)
  say(`${server.name}: ready after ${digits(performance.now() - startedAt)} ms`)
  await checkAnswers(server)
  contestants.push(server)
}

const rows = []
for (const shape of shapes) {
  for (const connections of options.connections.split(',').map(Number)) {
    const runs = new Map<string, Run[]>(contestants.map(({ name }) => [name, []]))
    for (let round = 0; round < Number(options.repeat); round++) {
      for (const server of contestants) {
        const run = await measure(server, shape, connections)
        runs.get(server.name)?.push(run)
        say(
          `${shape} c=${connections} ${server.name}: ${digits(run.perSecond)}/s, ${digits(run.cpuUs)} µs CPU`,
        )
      }
    }
    const peer = spreadOf((runs.get('cerbos 0.55') ?? []).map((run) => run.perSecond)).median
    for (const { name, pid } of contestants) {
      const of = (field: keyof Run) => spreadOf((runs.get(name) ?? []).map((run) => run[field]))
      rows.push({
        shape,
        connections,
        name,
        perSecond: of('perSecond'),
        p50us: of('p50us'),
        p99us: of('p99us'),
        cpuUs: of('cpuUs'),
        mainThreadCpuUs: of('mainThreadCpuUs'),
        timesCerbos: of('perSecond').median / peer,
        residentMiB: residentMiB(pid),
      })
    }
  }
}
for (const server of contestants) await server.stop()

if (options.json) console.log(JSON.stringify({ policies, rows }, null, 1))
else {
  console.log(
    '| shape | conns | server | req/s | p50 µs | p99 µs | CPU µs | of it main thread | × Cerbos |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const row of rows)
    console.log(
      `| ${row.shape} | ${row.connections} | ${row.name} | ${shown(row.perSecond)} | ${digits(row.p50us.median)} | ${digits(row.p99us.median)} | ${shown(row.cpuUs)} | ${digits(row.mainThreadCpuUs.median)} | ${digits(row.timesCerbos)} |`,
    )
}
