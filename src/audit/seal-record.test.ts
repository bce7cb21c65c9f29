import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '../core/canonical-json.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { RecordDraft } from '../core/record.ts'
import { draftFields, type Place } from './draft-fields.ts'
import type { Flat } from './flat.ts'
import { readRecord } from './read-record.ts'
import { parseLeaf } from './parse-leaf.ts'
import { FIELDS, FLAT_NAMES } from './schema.ts'
import { sealRecord } from './seal-record.ts'
import { aDraft, arbitraryDraft, PRIVATE_MARK, uuid } from './testing/drafts.ts'
import { createTestSeals, type TestSeals } from './testing/seal-deps.ts'

const place: Place = {
  index: 0,
  at: aDraft(0).at,
  producer: { id: uuid(1), boot_id: uuid(2) },
  seq: 1,
}

function sealed(
  seals: TestSeals,
  draft: RecordDraft,
): { leaf: string; sealed: Uint8Array; flat: Flat } {
  const flat = draftFields(draft, place)
  const result = sealRecord(seals.deps, flat)
  assert.ok(result.ok)
  return { ...result.value, flat }
}

test('a leaf shows no private value, and reading it with the keys gives every value back', () => {
  const seals = createTestSeals()
  fc.assert(
    fc.property(arbitraryDraft(1), (draft) => {
      const { leaf, sealed: bytes, flat } = sealed(seals, draft)
      assert.ok(!leaf.includes(PRIVATE_MARK))
      for (const digest of [flat.request_hash, flat.response_hash, flat.list_names]) {
        assert.ok(
          digest === null || !leaf.includes(`"${digest}"`) || digest === flat.policy_release,
        )
      }
      assert.notEqual(parseLeaf(leaf), null)
      const shown = readRecord(seals.open, { id: draft.id, leaf, sealed: bytes })
      for (const name of FLAT_NAMES) {
        const value = shown?.[name] ?? null
        if (FIELDS[name].class === 'committed') {
          assert.equal(value === null, flat[name] === null)
        } else assert.deepEqual(value, JSON.parse(canonicalJson(flat[name])), name)
      }
    }),
    { numRuns: 200 },
  )
})

test('the same value is committed to differently every time', () => {
  const seals = createTestSeals()
  const [first, second] = [sealed(seals, aDraft(1)), sealed(seals, aDraft(1))].map(
    ({ leaf }) => JSON.parse(leaf) as JsonObject,
  )
  for (const name of ['tool_id', 'purpose', 'request_hash', 'replay', 'source']) {
    assert.notEqual(first?.[name], second?.[name], name)
  }
})

test('a person keeps one handle, and agents and callers have none', () => {
  const seals = createTestSeals()
  const leaf = (draft: RecordDraft) => JSON.parse(sealed(seals, draft).leaf) as JsonObject
  const handleIn = (value: Json | undefined) => (value as JsonObject)['handle']
  const first = leaf(aDraft(1, { principal: 'alice' }))
  const second = leaf(aDraft(2))
  assert.equal(handleIn(first['subject']), handleIn(second['subject']))
  assert.equal(handleIn(first['principal']), handleIn(first['subject']))
  assert.notEqual(handleIn(first['subject']), handleIn(first['sponsor_id']))
  assert.equal(handleIn(second['principal']), null)
  assert.equal(handleIn(leaf(aDraft(3, { subject: 'caller:alice' }))['subject']), null)
})

test('forgetting a person hides what is about them and leaves the rest readable', () => {
  const seals = createTestSeals()
  const draft = aDraft(1)
  const { leaf, sealed: bytes } = sealed(seals, draft)
  seals.erase(seals.handles.get('default dana') ?? '')
  const shown = readRecord(seals.open, { id: draft.id, leaf, sealed: bytes })
  const isErased = (value: Json | undefined) =>
    canonicalJson(value ?? null).startsWith('{"erased":')
  for (const name of ['sponsor_id', 'replay', 'basis'] as const) assert.ok(isErased(shown?.[name]))
  assert.equal(shown?.subject, 'alice')
  assert.equal(shown?.purpose, 'ticket-4711')
  seals.erase(seals.handles.get('default alice') ?? '')
  const later = readRecord(seals.open, { id: draft.id, leaf, sealed: bytes })
  for (const name of ['subject', 'purpose', 'source', 'resource'] as const) {
    assert.ok(isErased(later?.[name]), name)
  }
  assert.equal(later?.tool_id, 'payments/refund')
})

test('a name does not slip into a public field', () => {
  const seals = createTestSeals()
  const bad: readonly Partial<RecordDraft>[] = [
    { id: 'alice' },
    { tenant: 'Alice Corp' as RecordDraft['tenant'] },
    { run: 'alice' as RecordDraft['run'] },
    { token: 'alice' as RecordDraft['token'] },
    { approvals: ['alice'] },
    { policy: { release: 'release of alice', id: 'p', rule: null, scope: '' } },
    { requestHash: 'alice' as RecordDraft['requestHash'] },
    { purpose: '\ud800' },
    { subject: '\ud800' },
    { count: -1 },
  ]
  for (const over of bad) {
    const result = sealRecord(seals.deps, draftFields(aDraft(1, over), place))
    assert.ok(!result.ok && result.error.code === 'evidence_unavailable', JSON.stringify(over))
  }
})
