/**
 * Reeve's decision port as `reeve up` wires it, with one part replaced: `commit` says yes and writes
 * nothing. It shows what the durable record costs, and is of no other use.
 *
 * usage: node reeve-without-ledger.ts CONFIG
 */
import { randomBytes } from 'node:crypto'
import { Agent } from 'undici'
import { fileSources } from '../src/app/config/file-sources.ts'
import { readConfig } from '../src/app/config/read-config.ts'
import { hostsOf } from '../src/app/http/guard.ts'
import { listen } from '../src/app/http/listen.ts'
import { loadRelease } from '../src/app/load-release.ts'
import { openStore } from '../src/app/open-store.ts'
import { openTokenKeys } from '../src/app/token-keys.ts'
import { wireGateway } from '../src/app/wire-gateway.ts'
import { epochMillis } from '../src/core/clock.ts'
import { createNewId, DEFAULT_TENANT, type Digest } from '../src/core/ids.ts'
import { ok, type Result } from '../src/core/result.ts'
import { createRandomPool } from '../src/store/random-pool.ts'

const sure = <T>(result: Result<T, unknown>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

const clock = { now: () => epochMillis(Date.now()) }
const config = sure(readConfig(fileSources(process.env), process.argv[2] ?? '', {}))
const release = sure(
  loadRelease({ files: config.policyFiles, schemas: config.schemaFiles }, config.engine, null),
)
process.once('SIGTERM', () => process.exit(0))
const store = sure(await openStore({ directory: config.stateDirectory, deployment: 'bench' }))
const gateway = sure(
  wireGateway(
    {
      store: {
        ...store,
        commit: async (draft) => ok({ id: draft.id, index: 0, leaf: '' as Digest, at: draft.at }),
      },
      keys: sure(openTokenKeys(config.stateDirectory)),
      clock,
      newId: createNewId({
        now: clock.now,
        randomBytes: createRandomPool((length) => randomBytes(length)),
      }),
      recordStranger: () => {},
      outcomeLost: () => {},
      release: () => release,
      dispatcher: new Agent(),
      report: () => {},
      version: '0',
    },
    config,
  ),
)
sure(
  await listen({
    name: 'pdp',
    ...config.listen.pdp,
    tenant: DEFAULT_TENANT,
    clock,
    guard: (at) => ({ hosts: hostsOf(at, null), origins: new Set(), refuseForwarded: true }),
    handle: gateway.decisions,
    refused: gateway.refused.pdp,
    onBug: (error) => process.stderr.write(`${String(error)}\n`),
  }),
)
