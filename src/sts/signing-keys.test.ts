import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import {
  createKeySet,
  generateSigningJwk,
  parseSigningKeys,
  serializeSigningKeys,
  SIGNING_KEYS_MAX,
  thumbprintOf,
} from './signing-keys.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a key is named by its thumbprint, as another library computes it', async () => {
  const jwk = generateSigningJwk()
  assert.equal(thumbprintOf(jwk), await calculateJwkThumbprint({ ...jwk }))
  assert.equal(createKeySet([jwk]).signing.kid, thumbprintOf(jwk))
})

test('a key set publishes every key and no private part, and signs with the first', () => {
  const [one, two] = [generateSigningJwk(), generateSigningJwk()]
  const keySet = createKeySet([one, two])
  assert.equal(keySet.signing.kid, thumbprintOf(one))
  const text = JSON.stringify(keySet.jwks)
  assert.ok(!text.includes(one.d) && !text.includes(two.d))
  assert.deepEqual(
    (keySet.jwks['keys'] as { kid: string }[]).map((key) => key.kid),
    [thumbprintOf(one), thumbprintOf(two)],
  )
})

test('keys survive the way into their file and back', () => {
  const keys = [generateSigningJwk(), generateSigningJwk()] as const
  const read = parseSigningKeys(bytes(serializeSigningKeys([...keys])))
  assert.deepEqual(read, { ok: true, value: [...keys] })
})

suite('a key file is refused, without quoting it,', () => {
  const { d, ...open } = generateSigningJwk()
  const cases: readonly (readonly [string, string])[] = [
    ['when it is empty', ''],
    ['when it is cut off', serializeSigningKeys([{ ...open, d }]).slice(0, 80)],
    ['when it has no keys', '{"keys":[]}'],
    [
      'when it has too many',
      JSON.stringify({
        keys: Array.from({ length: SIGNING_KEYS_MAX + 1 }, () => ({ ...open, d })),
      }),
    ],
    ['when a key is public only', JSON.stringify({ keys: [open] })],
    ['when a key is of another kind', JSON.stringify({ keys: [{ ...open, d, kty: 'RSA' }] })],
    ['when a point is not on the curve', JSON.stringify({ keys: [{ ...open, d, x: open.y }] })],
  ]
  for (const [what, text] of cases)
    test(what, () => {
      const read = parseSigningKeys(bytes(text))
      assert.ok(!read.ok)
      assert.ok(!read.error.detail.includes(d))
    })
})
