/**
 * Decisions in process: our policies and `decide`, against expression libraries (which evaluate the
 * conditions only) and policy engines. Each engine has its own process, pinned to one core, and is
 * asked the whole workload before it is timed.
 *
 * usage: node decide.ts [--json] [--policies 10,100,1000] [--shapes 1x1,1x5,20x4] [--ms 200]
 *                       [--repeat 5] [--only reeve,casbin]
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ENGINES, type CheckCall, type Engine, type Principal, type Resource } from './engines.ts'
import { digits, pinned, say, SERVER_CORE, shown, spreadOf, type Spread } from './machine.ts'
import { oracle, requests, verify } from './workload.mjs'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    policies: { type: 'string', default: '10,100,1000' },
    shapes: { type: 'string', default: '1x1,1x5,20x4' },
    ms: { type: 'string', default: '200' },
    repeat: { type: 'string', default: '5' },
    only: { type: 'string', default: Object.keys(ENGINES).join() },
    engine: { type: 'string' },
  },
})

type Row = {
  readonly engine: string
  readonly kind: Engine['kind']
  readonly policies: number
  readonly shape: string
  /** Nanoseconds per request. */
  readonly ns: Spread
  readonly loadMs: number
  readonly residentMiB: number
}

/** More requests than one keeps in a cache, where there are many policies. */
const requestCount = (policies: number): number => Math.max(48, Math.min(policies, 2000))

async function measureEngine(name: string, policies: number): Promise<readonly Row[]> {
  const load = ENGINES[name]
  if (load === undefined) throw new Error(`there is no engine \`${name}\``)
  const startedAt = performance.now()
  const engine = await load(policies)
  const loadMs = performance.now() - startedAt
  const row = (shape: string, ns: Spread): Row => ({
    engine: name,
    kind: engine.kind,
    policies,
    shape,
    ns,
    loadMs,
    residentMiB: process.memoryUsage().rss / 2 ** 20,
  })
  if (engine.kind === 'conditions') return [row('1x1', timeConditions(engine, policies))]
  return options.shapes
    .split(',')
    .map((shape) => row(shape, timeDecisions(engine, shape, policies)))
}

function timeConditions(engine: Extract<Engine, { kind: 'conditions' }>, policies: number): Spread {
  const calls: { principal: Principal; resource: Resource }[] = (
    requests('tool1x1', policies, requestCount(policies)) as CheckCall[]
  ).flatMap(({ principal, resources }) =>
    resources.map(({ resource }) => ({ principal, resource })),
  )
  for (const { principal, resource } of calls) {
    const right = oracle(principal, resource, 'call') === 'EFFECT_ALLOW'
    if (engine.holds(principal, resource) !== right) throw new Error('answers wrongly')
  }
  return time(({ principal, resource }) => engine.holds(principal, resource), calls)
}

function timeDecisions(
  engine: Extract<Engine, { kind: 'decision' }>,
  shape: string,
  policies: number,
): Spread {
  const asked = requests(shape, policies, requestCount(policies)) as CheckCall[]
  const prepared = asked.map((request) => engine.prepare(request))
  asked.slice(0, 100).forEach((request, i) => {
    if (verify(request, prepared[i]?.()).bad > 0) throw new Error('answers wrongly')
  })
  return time((answer) => answer().results.length > 0, prepared)
}

/** Nanoseconds per call, over rounds of at least `--ms`; the first that long enough is the warm-up. */
function time<T>(call: (item: T) => boolean, items: readonly T[]): Spread {
  let trues = 0
  const round = (calls: number): number => {
    const startedAt = performance.now()
    for (let i = 0; i < calls; i++) if (call(items[i % items.length] as T)) trues++
    return performance.now() - startedAt
  }
  const wantedMs = Number(options.ms)
  let calls = 2
  for (let ms = round(calls); ms < wantedMs; ms = round(calls))
    calls = Math.ceil(calls * Math.max(2, Math.min(20, (wantedMs * 1.2) / Math.max(ms, 0.05))))
  return spreadOf(
    Array.from({ length: Number(options.repeat) }, () => (round(calls) * 1e6) / calls),
  )
}

function inItsOwnProcess(engine: string, policies: string): readonly Row[] {
  const { shapes, ms, repeat } = options
  const flags = [
    '--engine',
    engine,
    '--policies',
    policies,
    '--shapes',
    shapes,
    '--ms',
    ms,
    '--repeat',
    repeat,
  ]
  const self = fileURLToPath(import.meta.url)
  const [command, args] = pinned(SERVER_CORE, process.execPath, [self, ...flags])
  const output = execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(output) as Row[]
}

if (options.engine !== undefined) {
  console.log(JSON.stringify(await measureEngine(options.engine, Number(options.policies))))
  process.exit(0)
}
const rows = options.policies.split(',').flatMap((policies) =>
  options.only.split(',').flatMap((engine) => {
    const measured = inItsOwnProcess(engine, policies)
    for (const row of measured)
      say(
        `${policies} policies, ${engine}, ${row.shape}: ${digits(row.ns.median)} ns, loaded in ${digits(row.loadMs)} ms`,
      )
    return measured
  }),
)
if (options.json) console.log(JSON.stringify(rows, null, 1))
else {
  console.log('| policies | shape | engine | what | µs | × reeve | load ms | RSS MiB |')
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const row of rows) {
    const ours = rows.find(
      ({ engine, policies, shape }) =>
        engine === 'reeve' && policies === row.policies && shape === row.shape,
    )
    const micros = { median: row.ns.median / 1e3, min: row.ns.min / 1e3, max: row.ns.max / 1e3 }
    const ratio = ours === undefined ? '' : digits(row.ns.median / ours.ns.median)
    console.log(
      `| ${row.policies} | ${row.shape} | ${row.engine} | ${row.kind} | ${shown(micros)} | ${ratio} | ${digits(row.loadMs)} | ${digits(row.residentMiB)} |`,
    )
  }
}
