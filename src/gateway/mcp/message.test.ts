import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readMessage, RPC_ID_LENGTH_MAX } from './message.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (json: unknown) => readMessage(bytes(JSON.stringify(json)))

test('reads a request and a notification', () => {
  const request = read({ jsonrpc: '2.0', id: 'a', method: 'tools/call', params: { name: 'x' } })
  assert.ok(request.ok)
  assert.equal(request.value.id, 'a')
  assert.equal(request.value.params['name'], 'x')
  const notification = read({ jsonrpc: '2.0', method: 'notifications/initialized' })
  assert.ok(notification.ok)
  assert.equal(notification.value.id, null)
  assert.deepEqual(Object.keys(notification.value.params), [])
})

test('refuses what breaks the envelope, with the code of the protocol and the id where there is one', () => {
  const cases: readonly [unknown, number, unknown][] = [
    [[{ jsonrpc: '2.0', id: 1, method: 'ping' }], -32600, null],
    ['ping', -32600, null],
    [{ jsonrpc: '1.0', id: 1, method: 'ping' }, -32600, 1],
    [{ id: 1, method: 'ping' }, -32600, 1],
    [{ jsonrpc: '2.0', id: null, method: 'ping' }, -32600, null],
    [{ jsonrpc: '2.0', id: 1.5, method: 'ping' }, -32600, null],
    [{ jsonrpc: '2.0', id: {}, method: 'ping' }, -32600, null],
    [{ jsonrpc: '2.0', id: 'x'.repeat(RPC_ID_LENGTH_MAX + 1), method: 'ping' }, -32600, null],
    [{ jsonrpc: '2.0', id: 1, result: {} }, -32600, 1],
    [{ jsonrpc: '2.0', id: 1, error: { code: 1, message: '' } }, -32600, 1],
    [{ jsonrpc: '2.0', id: 1, method: 'ping', result: {} }, -32600, 1],
    [{ jsonrpc: '2.0', id: 1, method: 'x'.repeat(129) }, -32600, 1],
    [{ jsonrpc: '2.0', id: 1, method: 'ping', params: [1] }, -32600, 1],
  ]
  for (const [json, code, id] of cases) {
    const message = read(json)
    assert.ok(!message.ok, JSON.stringify(json))
    assert.deepEqual(
      [message.error.fault.rpcCode, message.error.id],
      [code, id],
      JSON.stringify(json),
    )
    assert.equal(message.error.fault.reason.code, 'malformed')
    assert.equal(message.error.fault.status, 400)
  }
})

test('refuses bodies that have two readings', () => {
  for (const text of [
    '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}',
    '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"amount":1,"AMOUNT":2}}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping"} {}',
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"n":12345678901234567890}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping"',
    '',
  ]) {
    const message = readMessage(bytes(text))
    assert.ok(!message.ok, text)
    assert.equal(message.error.fault.rpcCode, -32700)
  }
})

test('property: any bytes are a message or a fault, and never an exception', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(bytes)), (body) => {
      const message = readMessage(body)
      assert.ok(
        message.ok ? typeof message.value.method === 'string' : message.error.fault.status === 400,
      )
    }),
  )
})
