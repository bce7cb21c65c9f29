import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CompiledCondition } from '../policy/release.ts'
import { openJudged, recallTruth, rememberTruth } from './judged.ts'

test('every condition that was judged is recalled, however many there are, and no other', () => {
  for (const count of [0, 1, 16, 17, 100]) {
    const judged = openJudged()
    const conditions = Array.from({ length: count }, (): CompiledCondition => ({
      kind: 'all',
      of: [],
    }))
    const truthAt = (at: number): 'yes' | 'no' => (at % 3 === 0 ? 'yes' : 'no')
    for (const [at, condition] of conditions.entries()) {
      assert.equal(recallTruth(judged, condition), undefined)
      rememberTruth(judged, condition, truthAt(at))
    }
    for (const [at, condition] of conditions.entries())
      assert.equal(recallTruth(judged, condition), truthAt(at))
    assert.equal(recallTruth(judged, { kind: 'all', of: [] }), undefined)
  }
})
