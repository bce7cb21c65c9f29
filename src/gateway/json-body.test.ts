import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTooLarge, readJsonBody } from './json-body.ts'
import { inboundCall } from './testing/fake-path.ts'

const JSON_HEADERS = { 'content-type': 'application/json' }

test('reads a JSON body and keeps the bytes as they came', async () => {
  const text = '{ "a": [1, 2] }'
  const read = await readJsonBody(inboundCall({ headers: JSON_HEADERS, body: text }), 100)
  assert.ok(read.ok)
  assert.equal(new TextDecoder().decode(read.value.bytes), text)
  assert.equal(JSON.stringify(read.value.value), '{"a":[1,2]}')
})

for (const type of ['application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"']) {
  test(`accepts the content type ${type}`, async () => {
    const call = inboundCall({ headers: { 'content-type': type }, body: '{}' })
    assert.ok((await readJsonBody(call, 100)).ok)
  })
}

for (const type of [
  '',
  'text/plain',
  'application/json; charset=utf-16',
  'application/jsonp',
  'application/json, text/plain',
]) {
  test(`refuses a body sent as \`${type}\` without reading it`, async () => {
    const call = inboundCall({ headers: { 'content-type': type }, body: '{}' })
    const read = await readJsonBody({ ...call, body: () => assert.fail('was read') }, 100)
    assert.ok(!read.ok)
    assert.equal(read.error.code, 'malformed')
  })
}

test('refuses a compressed body without reading it', async () => {
  const headers = { ...JSON_HEADERS, 'content-encoding': 'gzip' }
  const call = { ...inboundCall({ headers }), body: () => assert.fail('was read') }
  const read = await readJsonBody(call, 100)
  assert.ok(!read.ok)
  assert.match(read.error.detail, /compressed/)
})

test('knows a body that is too large from one that is wrong', async () => {
  const large = await readJsonBody(inboundCall({ headers: JSON_HEADERS, body: '[1,2,3]' }), 6)
  const wrong = await readJsonBody(inboundCall({ headers: JSON_HEADERS, body: '[1,2,' }), 6)
  assert.ok(!large.ok && isTooLarge(large.error))
  assert.ok(!wrong.ok && !isTooLarge(wrong.error))
})

for (const [name, body] of [
  ['a duplicate key', '{"model":"a","model":"b"}'],
  ['a truncated body', '{"model":"a"'],
  ['two values', '{} {}'],
  ['an empty body', ''],
] as const) {
  test(`refuses ${name}`, async () => {
    const read = await readJsonBody(inboundCall({ headers: JSON_HEADERS, body }), 100)
    assert.ok(!read.ok)
    assert.equal(read.error.code, 'malformed')
  })
}
