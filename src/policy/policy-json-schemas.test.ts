import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'

import { policyJsonSchemas } from './policy-json-schemas.ts'

const root = new URL('../../', import.meta.url)
const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8')

test('the schemas for editors are those that the code makes', () => {
  for (const [name, schema] of Object.entries(policyJsonSchemas()))
    assert.equal(textOf(`schema/${name}`), `${JSON.stringify(schema, null, 2)}\n`, name)
})

test('the schemas take the policies of the demo and refuse what is misspelt', () => {
  const check = (name: string): ((text: string) => boolean) => {
    const validate = new Ajv2020({ strict: false }).compile(policyJsonSchemas()[name] ?? false)
    return (text) => validate(parse(text, { merge: true }))
  }
  const isPolicy = check('policy.schema.json')
  const folder = 'examples/demo/policies/'
  const policies = readdirSync(new URL(folder, root)).filter((name) =>
    /(?<!_test)\.yaml$/.test(name),
  )
  assert.ok(policies.length > 0)
  for (const name of policies) assert.ok(isPolicy(textOf(`${folder}${name}`)), name)
  const rule = '{id: a, role: r, tool: t, allowed_actions: [x]}'
  const isShort = check('policy-config.schema.json')
  assert.ok(isShort(`rules: [${rule}]`))
  assert.ok(!isShort(`rulez: [${rule}]`))
  assert.ok(!isShort('rules: [{id: a}]'))
  assert.ok(!isPolicy('apiVersion: api.cerbos.dev/v1\nrolePolicy: {role: x, rulez: []}'))
})
