import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseTimestamp } from './time-text.ts'

const two = (most: number): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(2, '0'))

test('an instant in UTC is the same in its short form and with an offset of zero', () => {
  const year = fc.integer({ min: 0, max: 9999 }).map((number) => String(number).padStart(4, '0'))
  const parts = fc.tuple(year, two(13), two(32), two(25), two(61), two(61))
  fc.assert(
    fc.property(parts, ([y, month, day, hours, minutes, seconds]) => {
      const text = `${y}-${month}-${day}T${hours}:${minutes}:${seconds}`
      assert.deepEqual(parseTimestamp(`${text}Z`), parseTimestamp(`${text}+00:00`))
      assert.deepEqual(parseTimestamp(`${text}Z`), parseTimestamp(`${text}.0Z`))
    }),
    { numRuns: 2000 },
  )
})

test('text that only resembles an instant in its short form is none', () => {
  for (const text of [
    '2026-02-30T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01t00:00:00Z',
    '2026-01-01T00:00:00z',
    '2026-01-01 00:00:00Z',
    '2026-01-01T00:00:0:Z',
    '+026-01-01T00:00:00Z',
  ])
    assert.equal(parseTimestamp(text), undefined, text)
})
