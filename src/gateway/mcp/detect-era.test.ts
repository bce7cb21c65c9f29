import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { detectEra } from './detect-era.ts'
import { readMessage, type Message } from './message.ts'

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}

function message(method: string, params: object, id: number | undefined = 1): Message {
  const read = readMessage(
    new TextEncoder().encode(JSON.stringify({ jsonrpc: '2.0', id, method, params })),
  )
  assert.ok(read.ok)
  return read.value
}

const call = (params: object = {}): Message =>
  message('tools/call', { name: 'refund', _meta: META, ...params })
const HEADERS = {
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'refund',
}

test('the body says which era a message speaks', () => {
  const eras: readonly [Record<string, string>, Message, unknown][] = [
    [{}, message('initialize', {}), { era: 'legacy', version: '2025-03-26' }],
    [
      { 'mcp-protocol-version': '2025-11-25' },
      message('ping', {}),
      { era: 'legacy', version: '2025-11-25' },
    ],
    [HEADERS, call(), { era: 'modern', version: '2026-07-28' }],
    [
      { 'mcp-protocol-version': '2026-07-28' },
      { ...message('notifications/cancelled', {}), id: null },
      { era: 'modern', version: '2026-07-28' },
    ],
  ]
  for (const [headers, body, expected] of eras) {
    const spoken = detectEra(headers, body)
    assert.ok(spoken.ok)
    assert.deepEqual(spoken.value, expected)
  }
})

test('headers that are missing, unknown or disagree with the body are refused with the code of the protocol', () => {
  const { 'mcp-name': _name, ...nameless } = HEADERS
  const { 'mcp-method': _method, ...methodless } = HEADERS
  const { 'mcp-protocol-version': _version, ...versionless } = HEADERS
  const cases: readonly [Record<string, string>, Message, number][] = [
    [nameless, call(), -32020],
    [methodless, call(), -32020],
    [versionless, call(), -32020],
    [{ ...HEADERS, 'mcp-name': 'list' }, call(), -32020],
    [{ ...HEADERS, 'mcp-name': '=?base64?!!?=' }, call(), -32020],
    [{ ...HEADERS, 'mcp-method': 'tools/list' }, call(), -32020],
    [{ ...HEADERS, 'mcp-protocol-version': '2025-11-25' }, call(), -32020],
    [{ ...HEADERS, 'mcp-protocol-version': '2026-07-28, 2026-07-28' }, call(), -32020],
    [
      HEADERS,
      call({ _meta: { ...META, 'io.modelcontextprotocol/clientCapabilities': 1 } }),
      -32602,
    ],
    [HEADERS, call({ _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': 1 } }), -32602],
    [HEADERS, call({ _meta: {} }), -32602],
    [{ 'mcp-protocol-version': '2026-07-28' }, message('initialize', {}), -32020],
    [{ 'mcp-protocol-version': '1999-01-01' }, message('ping', {}), -32022],
    [
      {},
      call({ _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } }),
      -32022,
    ],
    [{ 'mcp-method': 'tools/list' }, message('tools/call', { name: 'refund' }), -32020],
    [{ 'mcp-name': 'list' }, message('tools/call', { name: 'refund' }), -32020],
    [{ 'mcp-name': 'list' }, message('ping', {}), -32020],
  ]
  for (const [headers, body, code] of cases) {
    const spoken = detectEra(headers, body)
    assert.ok(!spoken.ok, JSON.stringify([headers, body.json]))
    assert.equal(spoken.error.rpcCode, code, JSON.stringify([headers, body.json]))
  }
})

test('property: a name in the base64 sentinel agrees exactly with the same name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (name, other) => {
      const encoded = `=?base64?${Buffer.from(name).toString('base64')}?=`
      const headers = { ...HEADERS, 'mcp-name': encoded }
      assert.ok(detectEra(headers, call({ name })).ok)
      assert.equal(detectEra(headers, call({ name: other })).ok, name === other)
    }),
  )
})
