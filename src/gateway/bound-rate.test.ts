import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { epochMillis } from '../core/clock.ts'
import type { Caller } from '../core/identity.ts'
import type { Classified, InboundCall, Verify } from '../core/path.ts'
import { reason } from '../core/reason.ts'
import { fail, ok } from '../core/result.ts'
import { boundRate, RATE_PARTIES_MAX, type RateLimits } from './bound-rate.ts'

const call = {} as InboundCall
const classified = {} as Classified

const callerOf = (instance: string, sponsor: string): Caller =>
  ({
    kind: 'instance',
    tenant: 'default',
    sponsor,
    actors: [{ agent: 'a', instance }],
  }) as unknown as Caller

function bounded(limits: RateLimits) {
  let now = 1000
  let caller = callerOf('i1', 'dana')
  const verify: Verify = async () => ok(caller)
  const bound = boundRate({ clock: { now: () => epochMillis(now) }, limits }, verify)
  return {
    as: (instance: string, sponsor = 'dana') => {
      caller = callerOf(instance, sponsor)
    },
    wait: (ms: number) => {
      now += ms
    },
    passes: async (times: number) => {
      let passed = 0
      for (let i = 0; i < times; i++) if ((await bound(call, classified)).ok) passed++
      return passed
    },
    refusal: () => bound(call, classified),
  }
}

test('lets one second’s worth through at once and refuses the rest as rate_limited', async () => {
  const limited = bounded({ instance: 5, sponsor: 100, tenant: 100 })
  assert.equal(await limited.passes(9), 5)
  assert.deepEqual(
    await limited.refusal(),
    fail(reason('rate_limited', 'too many calls in a second')),
  )
  limited.wait(400)
  assert.equal(await limited.passes(9), 2)
  limited.wait(60_000)
  assert.equal(await limited.passes(9), 5)
})

test('bounds a sponsor over all instances, and a tenant over all sponsors', async () => {
  const limited = bounded({ instance: 5, sponsor: 7, tenant: 9 })
  assert.equal(await limited.passes(9), 5)
  limited.as('i2')
  assert.equal(await limited.passes(9), 2)
  limited.as('i3', 'erin')
  assert.equal(await limited.passes(9), 2)
})

test('never lets more through than limit times time plus one second’s worth', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 30 })), {
        maxLength: 20,
      }),
      async (limit, steps) => {
        const limited = bounded({ instance: limit, sponsor: 1e6, tenant: 1e6 })
        let passed = 0
        let waited = 0
        for (const [ms, times] of steps) {
          limited.wait(ms)
          waited += ms
          passed += await limited.passes(times)
        }
        assert.ok(
          passed <= limit + (waited / 1000) * limit + 1e-6,
          `${passed} in ${waited} ms at ${limit}/s`,
        )
      },
    ),
  )
})

test('a clock that goes back gives nothing away', async () => {
  const limited = bounded({ instance: 3, sponsor: 100, tenant: 100 })
  assert.equal(await limited.passes(5), 3)
  limited.wait(-10_000)
  assert.equal(await limited.passes(5), 0)
})

test('passes refusals of verify on without counting them', async () => {
  const refused = fail(reason('unauthenticated', 'no credential was presented'))
  const bound = boundRate(
    { clock: { now: () => epochMillis(1) }, limits: { instance: 1, sponsor: 1, tenant: 1 } },
    async () => refused,
  )
  for (let i = 0; i < 5; i++) assert.equal(await bound(call, classified), refused)
})

test('remembers a bounded number of parties', async () => {
  const limited = bounded({ instance: 1, sponsor: 1e9, tenant: 1e9 })
  for (let i = 0; i < RATE_PARTIES_MAX + 10; i++) {
    limited.as(`i${i}`)
    await limited.passes(1)
  }
  limited.as(`i${RATE_PARTIES_MAX + 9}`)
  assert.equal(await limited.passes(1), 0)
})
