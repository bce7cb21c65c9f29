import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

import { compileGlob, isPattern } from './glob.ts'

const matches = (pattern: string, text: string): boolean => {
  const glob = compileGlob(pattern)
  assert.ok(glob, pattern)
  return glob.matches(text)
}

const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['*', ['', 'a', 'a:b:c'], []],
  ['view:*', ['view:', 'view:a'], ['view', 'view:a:b', 'xview:a']],
  ['view:**', ['view:', 'view:a', 'view:a:b'], ['view']],
  ['*:read', ['a:read', ':read'], ['read', 'a:b:read']],
  ['**:read', ['a:read', 'a:b:read'], ['read']],
  ['adm*', ['adm', 'admin'], ['adm:x', 'sadm']],
  ['mv:{a,b}*', ['mv:a', 'mv:bcd'], ['mv:c', 'mv:a:b', 'mv:']],
  ['{a,b:c}*', ['a', 'b:c', 'b:cd'], ['b', 'c']],
  ['x?*', ['xa', 'xab'], ['x', 'x:']],
  ['[ab]*', ['a', 'bc'], ['c', '']],
  ['[!a]*', ['b'], ['a', '']],
  ['[a-c]*', ['a', 'b', 'c'], ['d']],
  ['[😀]*', ['😀', '😀x'], ['x']],
  ['a\\**', ['a*', 'a*b'], ['ab']],
]

for (const [pattern, yes, no] of CASES) {
  test(`the pattern ${pattern} matches what it should and nothing else`, () => {
    for (const text of yes) assert.equal(matches(pattern, text), true, text)
    for (const text of no) assert.equal(matches(pattern, text), false, text)
  })
}

test('only texts with a star are patterns', () => {
  assert.deepEqual(['edit:?', 'del:{a,b}', 'x[ab]', 'a*'].map(isPattern), [
    false,
    false,
    false,
    true,
  ])
})

test('open brackets, braces and escapes are refused', () => {
  for (const pattern of ['*{a', '*[a', '*[]', '*}'.slice(0, 1) + '{a,{b}', '*\\']) {
    assert.equal(compileGlob(pattern), null, pattern)
  }
})

const piece = fc.constantFrom('a', 'b', ':', '*', '**', '?', '{a,b}', '{a:,*}')
const text = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 8 })

test('agrees with a regular expression written from the same rules', () => {
  let hits = 0
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), text, (pieces, candidate) => {
      const pattern = pieces.join('')
      fc.pre(isPattern(pattern))
      const expected = pattern === '*' || new RegExp(`^${regexOf(pattern)}$`).test(candidate)
      assert.equal(matches(pattern, candidate), expected, pattern)
      if (expected) hits++
    }),
    { numRuns: 5000 },
  )
  assert.ok(hits > 100)
})

/** The same language by translation; only for the pieces above. */
function regexOf(pattern: string): string {
  return pattern
    .replaceAll(/\*{2,}/g, '\u0001')
    .replaceAll('*', '[^:]*')
    .replaceAll('\u0001', '.*')
    .replaceAll('?', '[^:]')
    .replaceAll('{', '(?:')
    .replaceAll('}', ')')
    .replaceAll(',', '|')
}

test('a pattern of many stars stays fast on a long text', () => {
  assert.equal(matches('*a'.repeat(40) + 'b*c', 'a'.repeat(2000)), false)
})
