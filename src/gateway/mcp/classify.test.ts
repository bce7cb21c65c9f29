import assert from 'node:assert/strict'
import { test } from 'node:test'
import { epochMillis } from '../../core/clock.ts'
import { DEFAULT_TENANT } from '../../core/ids.ts'
import type { InboundCall } from '../../core/path.ts'
import { ok } from '../../core/result.ts'
import { createClassify, doorFaultOf, type ClassifyDeps } from './classify.ts'

const DEPS: ClassifyDeps = {
  publicUrl: 'https://gateway.test',
  servers: new Map([
    [
      'payments',
      {
        id: 'payments',
        url: 'http://upstream.test/mcp',
        openArguments: new Set<string>(),
        headers: {},
        headersTimeoutMs: 1,
        idleTimeoutMs: 1,
      },
    ],
  ]),
  allowedOrigins: new Set(['https://console.test']),
}

const JSON_TYPE = { 'content-type': 'application/json' }

const callOf = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
): InboundCall => ({
  tenant: DEFAULT_TENANT,
  method,
  path,
  query: '',
  headers,
  source: '127.0.0.1',
  receivedAt: epochMillis(0),
  body: async () => ok(new Uint8Array()),
  signal: new AbortController().signal,
})

test('places a request to a known server, with the audience its token must name', () => {
  const placed = createClassify(DEPS)(callOf('POST', '/mcp/payments'))
  assert.ok(placed.ok)
  const { surface, expects, audience, does, server } = placed.value
  assert.deepEqual(
    [surface, expects, audience, does, server.id],
    ['mcp', 'instance', 'https://gateway.test/mcp/payments', 'message', 'payments'],
  )
  const ending = createClassify(DEPS)(callOf('DELETE', '/mcp/payments', {}))
  assert.ok(ending.ok)
  assert.equal(ending.value.does, 'end_session')
})

test('accepts JSON in UTF-8 under every spelling, and nothing compressed or else', () => {
  const passes = (headers: Record<string, string>): boolean =>
    createClassify(DEPS)(callOf('POST', '/mcp/payments', headers)).ok
  assert.ok(passes({ 'content-type': 'Application/JSON; Charset="UTF-8"' }))
  assert.ok(passes({ ...JSON_TYPE, 'content-encoding': 'identity' }))
  assert.ok(passes({ ...JSON_TYPE, origin: 'https://console.test' }))
  assert.ok(!passes({ ...JSON_TYPE, 'content-encoding': 'gzip' }))
  assert.ok(!passes({ 'content-type': 'text/plain' }))
  assert.ok(!passes({ 'content-type': 'application/json; charset=utf-16' }))
  assert.ok(!passes({ 'content-type': 'application/json, text/plain' }))
  assert.ok(!passes({}))
})

test('says by its status what is wrong at the door, and gives a reason of the closed list', () => {
  const cases: readonly [InboundCall, number, string][] = [
    [callOf('POST', '/mcp/payments/'), 404, 'not_found'],
    [callOf('POST', '/mcp/'), 404, 'not_found'],
    [callOf('POST', '/mcp/__proto__'), 404, 'not_found'],
    [callOf('GET', '/mcp/payments'), 405, 'unsupported'],
    [callOf('POST', '/mcp/payments', {}), 415, 'unsupported'],
    [
      callOf('POST', '/mcp/payments', { ...JSON_TYPE, origin: 'https://evil.test' }),
      403,
      'malformed',
    ],
    [callOf('POST', '/mcp/payments', { ...JSON_TYPE, origin: 'null' }), 403, 'malformed'],
  ]
  for (const [call, status, code] of cases) {
    const fault = doorFaultOf(DEPS, call)
    assert.deepEqual([fault?.status, fault?.reason.code], [status, code])
    const placed = createClassify(DEPS)(call)
    assert.ok(!placed.ok)
    assert.equal(placed.error.code, code)
  }
})

test('a server that there is not is placed like one that there is, until the caller is known', () => {
  for (const name of ['payroll', 'constructor']) {
    const placed = createClassify(DEPS)(callOf('POST', `/mcp/${name}`))
    assert.ok(placed.ok)
    assert.equal(placed.value.exists, false)
    assert.ok(placed.value.audience?.endsWith(`/mcp/${name}`))
  }
  assert.equal(doorFaultOf(DEPS, callOf('GET', '/mcp/payroll'))?.status, 405)
})
