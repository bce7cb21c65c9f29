import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'

import { loadPolicies } from './load-policies.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

const RICH = `apiVersion: reeve.dev/v1
resourcePolicy:
  resource: doc
  version: default
  scope: ""
  scopePermissions: SCOPE_PERMISSIONS_OVERRIDE_PARENT
  schemas: {resourceSchema: {ref: "cerbos:///s.json", ignoreWhen: {actions: [a]}}}
  constants: {local: {one: 1}}
  variables: {local: {v: R.attr.x == C.one}}
  rules:
    - name: r
      actions: ["a*", b]
      effect: EFFECT_ALLOW
      roles: [x]
      condition: {match: {all: {of: [{expr: V.v}, {none: {of: [{expr: "true"}]}}]}}}
      output: {when: {ruleActivated: "1", conditionNotMet: '"x"'}}
      approval: {by: lead, quorum: 1, ttl: 15m, bind: arguments}
      obligations: [log, {kind: redact, value: [1]}]
      rollout: {percent: 5, key: agent}
`
const ROLE = `apiVersion: api.cerbos.dev/v1
rolePolicy: {role: x, parentRoles: [y], rules: [{resource: doc, allowActions: [a], condition: {match: {expr: "true"}}}]}
`

/** A legal file with some characters taken out, put in or replaced. */
const damaged = fc
  .tuple(
    fc.constantFrom(RICH, ROLE),
    fc.array(fc.tuple(fc.nat(1200), fc.nat(12), fc.string({ maxLength: 4 })), { maxLength: 4 }),
  )
  .map(([text, edits]) =>
    edits.reduce<string>(
      (edited, [at, cut, put]) =>
        edited.slice(0, at % edited.length) + put + edited.slice((at % edited.length) + cut),
      text,
    ),
  )

const bytes = fc
  .uint8Array({ maxLength: 400 })
  .map((raw) => new TextDecoder('utf-8', { fatal: false }).decode(raw))

test('any text is a release or diagnostics with a place, and never a throw', () => {
  let refused = 0
  fc.assert(
    fc.property(fc.oneof(damaged, damaged, bytes), (text) => {
      const files = [{ path: 'p.yaml', text }]
      const schemas = [{ path: '_schemas/s.json', text: '{}' }]
      const loaded = loadPolicies({ sha256 }, files, { schemaEnforcement: 'warn', schemas })
      if (loaded.ok) return
      refused++
      assert.ok(loaded.error.length > 0)
      for (const { line, column, message } of loaded.error)
        assert.ok(line >= 1 && column >= 1 && message !== '')
    }),
    { numRuns: 400 },
  )
  assert.ok(refused > 100, `only ${refused} were refused`)
})

test('the legal files of which the others are made are legal', () => {
  const files = [
    { path: 'a.yaml', text: RICH },
    { path: 'b.yaml', text: ROLE },
  ]
  const loaded = loadPolicies({ sha256 }, files)
  assert.deepEqual(loaded.ok ? [] : loaded.error, [])
})
