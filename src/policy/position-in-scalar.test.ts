import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

import { lineOf, openSourceFile } from './diagnostic.ts'
import { positionInScalar } from './position-in-scalar.ts'
import { readYaml } from './read-yaml.ts'

/** A character that occurs once marks the place that must be found again. */
const MARK = '§'
const before = fc.string({
  unit: fc.constantFrom('a', 'b', "'", '"', ' ', '\\', 'é', '😀', '\t'),
  maxLength: 20,
})

function assertFound(text: string, value: string): void {
  const file = openSourceFile('x.yaml', text)
  const root = readYaml(file)
  assert.deepEqual(file.problems, [])
  assert.ok(root?.kind === 'map')
  const scalar = root.entries.get('k')?.value
  assert.ok(scalar?.kind === 'scalar')
  assert.equal(scalar.value, value)
  const ahead = value.slice(0, value.indexOf(MARK))
  const line = ahead.split('\n').length
  const column = ahead.length - (ahead.lastIndexOf('\n') + 1) + 1
  assert.equal(file.text[positionInScalar(file, scalar, line, column)], MARK)
}

test('finds the place in a single-quoted scalar', () => {
  fc.assert(
    fc.property(before, (head) => {
      const value = `x${head}${MARK}y`
      assertFound(`z: 1\nk: '${value.replaceAll("'", "''")}'\n`, value)
    }),
  )
})

test('finds the place in a double-quoted scalar', () => {
  fc.assert(
    fc.property(before, (head) => {
      const value = `x${head}${MARK}y`
      const written = JSON.stringify(value)
        .replaceAll('é', String.raw`\xe9`)
        .replaceAll('a', String.raw`\u0061`)
      assertFound(`z: 1\nk: ${written}\n`, value)
    }),
  )
})

test('finds the place in a plain scalar and in a literal block', () => {
  assertFound('k:   R.attr §x\n', 'R.attr §x')
  assertFound(
    'k: |\n  one\n    two §x\n  three\n',
    'one\n  two §x\nthree\n'.replace('  two', '  two'),
  )
})

test('finds the line in a folded block', () => {
  const file = openSourceFile('x.yaml', 'k: >\n  one\n  two\n\n  three\n')
  const root = readYaml(file)
  const scalar = root?.kind === 'map' ? root.entries.get('k')?.value : undefined
  assert.ok(scalar?.kind === 'scalar')
  assert.equal(lineOf(file, positionInScalar(file, scalar, 1, 1)), 2)
})

test('never points outside the file, whatever line and column it is asked for', () => {
  const texts = ['k: abc', "k: 'a\n  b'", 'k: "a\n  b"', 'k: |\n  a', 'k: >\n  a\n  b']
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.nat(50), fc.nat(50), (text, line, column) => {
      const file = openSourceFile('x.yaml', text)
      const root = readYaml(file)
      const scalar = root?.kind === 'map' ? root.entries.get('k')?.value : undefined
      assert.ok(scalar?.kind === 'scalar')
      const at = positionInScalar(file, scalar, line + 1, column + 1)
      assert.ok(at >= 0 && at <= text.length)
    }),
  )
})
