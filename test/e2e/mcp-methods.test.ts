import assert from 'node:assert/strict'
import { test } from 'node:test'
import { specTypeSchemas } from '@modelcontextprotocol/server'
import * as first from '@modelcontextprotocol/sdk/types.js'
import { METHODS, rowOf, type Row } from '../../src/gateway/mcp/methods.ts'

/** The parts of a schema that name its method; the libraries build them with two versions of zod. */
type Union = {
  readonly options: readonly { readonly shape: { readonly method: { readonly value: string } } }[]
}

const methodsOf = (schema: unknown): readonly string[] =>
  (schema as Union).options.map((option) => option.shape.method.value)

const UNIONS: readonly [Row['from'], Row['shape'], readonly string[]][] = [
  [
    'client',
    'request',
    [...methodsOf(first.ClientRequestSchema), ...methodsOf(specTypeSchemas.ClientRequest)],
  ],
  [
    'client',
    'notification',
    [
      ...methodsOf(first.ClientNotificationSchema),
      ...methodsOf(specTypeSchemas.ClientNotification),
    ],
  ],
  [
    'server',
    'request',
    [...methodsOf(first.ServerRequestSchema), ...methodsOf(specTypeSchemas.ServerRequest)],
  ],
  [
    'server',
    'notification',
    [
      ...methodsOf(first.ServerNotificationSchema),
      ...methodsOf(specTypeSchemas.ServerNotification),
    ],
  ],
]

test('every method that the protocol schemas of both eras know has a row', () => {
  for (const [from, shape, methods] of UNIONS) {
    assert.ok(methods.length > 4)
    for (const method of methods) {
      const row = rowOf(from, shape, 'legacy', method) ?? rowOf(from, shape, 'modern', method)
      assert.ok(row !== null, `${from} ${shape} ${method}`)
    }
  }
})

test('every row is a method that the schemas know, or one of the tasks extension', () => {
  const known = new Set(
    UNIONS.flatMap(([from, shape, methods]) =>
      methods.map((method) => `${from} ${shape} ${method}`),
    ),
  )
  const strangers = METHODS.map(({ from, shape, method }) => `${from} ${shape} ${method}`).filter(
    (row) => !known.has(row),
  )
  assert.deepEqual(strangers, ['client request tasks/update'])
})
