import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

import { openSourceFile } from './diagnostic.ts'
import { POLICY_FILE_CHARACTERS_MAX } from './limits.ts'
import { jsonOf } from './parse-definitions.ts'
import { readYaml } from './read-yaml.ts'

function read(text: string): { readonly json: unknown; readonly problems: readonly string[] } {
  const file = openSourceFile('x.yaml', text)
  const node = readYaml(file)
  return {
    json: node === null ? null : JSON.parse(JSON.stringify(jsonOf(node))),
    problems: file.problems.map(({ line, column, code }) => `${line}:${column} ${code}`),
  }
}

test('reads what JSON can say as JSON says it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      const { json, problems } = read(text)
      const expected: unknown = JSON.parse(text)
      // Numbers that JSON rounds to zero below zero differ only in their sign.
      if (problems.length === 0) assert.deepEqual(json, JSON.parse(JSON.stringify(expected)))
      else assert.match(text, /\\ud|"<<"/i)
    }),
  )
})

test('resolves anchors, aliases and shallow merge keys', () => {
  const text = 'a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: {<<: [*x, {r: 4}]}\nd: *x\n'
  assert.deepEqual(read(text).json, {
    a: { p: 1, q: 2 },
    b: { p: 1, q: 3 },
    c: { p: 1, q: 2, r: 4 },
    d: { p: 1, q: 2 },
  })
})

test('an alias means the latest anchor of its name before it', () => {
  const text = 'a: &x [&y 1]\nb: &y 2\nc: *x\nd: *y\n'
  assert.deepEqual(read(text).json, { a: [1], b: 2, c: [1], d: 2 })
})

test('keeps prototype names as ordinary keys', () => {
  const file = openSourceFile('x.yaml', '{"__proto__": 1, "constructor": 2}')
  const node = readYaml(file)
  assert.ok(node?.kind === 'map')
  assert.deepEqual(Object.entries(jsonOf(node) as object), [
    ['__proto__', 1],
    ['constructor', 2],
  ])
})

const nines = (name: string): string => `[${Array.from({ length: 9 }, () => `*${name}`).join(',')}]`

const REFUSED: readonly (readonly [string, string, string])[] = [
  ['a duplicate key', 'a: 1\na: 2\n', '2:1 yaml_invalid'],
  ['a second document', 'a: 1\n---\nb: 2\n', '2:1 yaml_invalid'],
  ['an unknown tag', 'a: !x 1\n', '1:4 yaml_invalid'],
  ['an alias without anchor', 'a: *x\n', '1:4 yaml_invalid'],
  ['an alias to itself', 'a: &x [*x]\n', '1:7 yaml_too_large'],
  ['an infinite number', 'a: .inf\n', '1:4 value_invalid'],
  ['a key that is a list', '? [a]\n: 1\n', '1:3 yaml_invalid'],
  ['merging what is no map', 'a: {<<: 1}\n', '1:5 yaml_invalid'],
  ['half a surrogate pair', 'a: "\\ud800"\n', '1:4 value_invalid'],
  ['a file too long', `a: ${'x'.repeat(POLICY_FILE_CHARACTERS_MAX)}`, '1:1 yaml_too_large'],
  ['deep nesting', '['.repeat(100) + ']'.repeat(100), '1:66 yaml_too_large'],
  ['nesting beyond the stack', '['.repeat(20_000) + ']'.repeat(20_000), '1:1 yaml_too_large'],
  [
    'an alias bomb',
    [
      'a: &a [1]',
      ...Array.from('bcdefgh', (name, i) => `${name}: &${name} ${nines('abcdefg'[i] ?? '')}`),
    ].join('\n'),
    '2:23 yaml_too_large',
  ],
]

for (const [what, text, problem] of REFUSED) {
  test(`refuses ${what} at its place`, () => {
    const { json, problems } = read(text)
    assert.equal(json, null)
    assert.ok(problems.includes(problem), problems.join(', '))
  })
}

test('answers any text with a value or with problems, and never throws', () => {
  const noise = fc.string({
    unit: fc.constantFrom(...'ab:-*&!?[]{}|>\'"#%@`\n\t ,.\\0\u0000\ud800'.split('')),
    maxLength: 60,
  })
  fc.assert(
    fc.property(noise, (text) => {
      const file = openSourceFile('x.yaml', text)
      const node = readYaml(file)
      assert.ok(node === null || file.problems.length === 0)
      for (const { line, column } of file.problems) assert.ok(line >= 1 && column >= 1)
    }),
    { numRuns: 2000 },
  )
})
