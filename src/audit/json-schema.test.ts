import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import type { JsonObject } from '../core/json.ts'
import { draftFields } from './draft-fields.ts'
import { auditLogSchema, auditLogSchemaText } from './json-schema.ts'
import { readRecord } from './read-record.ts'
import { FIELDS, FLAT_NAMES } from './schema.ts'
import { sealRecord } from './seal-record.ts'
import { arbitraryDraft, uuid } from './testing/drafts.ts'
import { createTestSeals } from './testing/seal-deps.ts'

const FILE = new URL('../../schema/audit-log-schema.json', import.meta.url)

test('the published schema is the one the table generates (UPDATE_SCHEMA=1 writes it)', () => {
  const generated = auditLogSchemaText()
  if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(FILE, generated)
  assert.equal(readFileSync(FILE, 'utf8'), generated)
})

test('every name of the contract is in the table', () => {
  const contract =
    'timestamp sponsor_id agent_instance_id parent_agent_id tool_id purpose request_hash response_hash ' +
    'policy_decision_id schema_version tenant_id surface source decision effect reason policy_release policy_id ' +
    'rule principal subject chain resource action run_id token_ref assurance asserted_by approvals consent ' +
    'obligations durability clock_offset_ms producer seq'
  for (const name of contract.split(' ')) assert.ok(Object.hasOwn(FIELDS, name), name)
})

test('leaf and projection of every record fit the published schema, and with one more member do not', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(auditLogSchema() as object, 'audit')
  const isFlat = ajv.getSchema('audit#/$defs/flat')
  const isLeaf = ajv.getSchema('audit#/$defs/leaf')
  assert.ok(isFlat && isLeaf)
  const seals = createTestSeals()
  const producer = { id: uuid(1), boot_id: uuid(2) }
  fc.assert(
    fc.property(arbitraryDraft(1), fc.boolean(), (draft, forget) => {
      const place = { index: 0, at: draft.at, producer, seq: 1 }
      const sealed = sealRecord(seals.deps, draftFields(draft, place))
      assert.ok(sealed.ok)
      if (forget) for (const handle of seals.handles.values()) seals.erase(handle)
      const leaf = JSON.parse(sealed.value.leaf) as JsonObject
      const flat = readRecord(seals.open, { id: draft.id, ...sealed.value })
      assert.ok(isLeaf(leaf), JSON.stringify(isLeaf.errors))
      assert.ok(isFlat(flat), JSON.stringify(isFlat.errors))
      assert.ok(!isLeaf({ ...leaf, extra: 1 }))
      for (const name of FLAT_NAMES.slice(0, 5)) {
        const { [name]: _left, ...rest } = leaf
        assert.ok(!isLeaf(rest))
      }
    }),
    { numRuns: 50 },
  )
})
