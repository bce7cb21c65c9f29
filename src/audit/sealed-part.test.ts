import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeSealedPart,
  encodeSealedPart,
  groupText,
  parseGroupText,
  secretText,
} from './sealed-part.ts'

const group = fc.record({
  keys: fc.array(fc.stringMatching(/^[a-z_A-Z0-9-]{1,30}$/), { minLength: 1, maxLength: 3 }),
  nonce: fc.uint8Array({ minLength: 12, maxLength: 12 }),
  box: fc.uint8Array({ minLength: 16, maxLength: 200 }),
})

test('a sealed part reads back as it was written', () => {
  fc.assert(
    fc.property(fc.array(group, { maxLength: 5 }), (groups) => {
      const read = decodeSealedPart(encodeSealedPart(groups))
      assert.deepEqual(
        read?.map(({ keys, nonce, box }) => ({
          keys,
          nonce: Uint8Array.from(nonce),
          box: Uint8Array.from(box),
        })),
        groups.map(({ keys, nonce, box }) => ({ keys, nonce, box })),
      )
    }),
  )
})

test('a sealed part that was cut, lengthened or made up is refused without throwing', () => {
  fc.assert(
    fc.property(fc.array(group, { minLength: 1, maxLength: 3 }), fc.nat(), (groups, seed) => {
      const bytes = encodeSealedPart(groups)
      assert.equal(decodeSealedPart(bytes.subarray(0, seed % bytes.length)), null)
      assert.equal(decodeSealedPart(Uint8Array.from([...bytes, 0])), null)
    }),
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void decodeSealedPart(bytes)))
})

test('the length of a group says little about what is in it', () => {
  const lengths = new Set(
    ['a', 'ab', 'somebody', 'somebody-else'].map(
      (name) => groupText(secretText('purpose', 'salt', JSON.stringify(name))).length,
    ),
  )
  assert.equal(lengths.size, 1)
})

test('plain text that is not a list of secrets is refused', () => {
  for (const text of ['', '{}', 'null', '[1]', '[["a"]]', '[[1,"salt"]]', '[["a","b"]', '["ab"]']) {
    assert.equal(parseGroupText(text), null, text)
  }
  assert.deepEqual(parseGroupText('[["a","b"],["c","d",null]]  '), [
    { path: 'a', salt: 'b' },
    { path: 'c', salt: 'd', value: null },
  ])
})
