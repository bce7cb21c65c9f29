import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Grant } from '../core/identity.ts'
import type { Audience } from '../core/ids.ts'
import type { Json } from '../core/json.ts'
import { covers } from './covers.ts'
import { GRANTS_MAX, grantJson, parseGrants, TOOLS_MAX } from './parse-grants.ts'
import { subset } from './subset.ts'

const LOCATIONS = [
  'http://gw/mcp/pay',
  'http://gw/mcp/pay/',
  'http://gw/mcp/crm',
  'http://gw/llm/m',
]
const TOOLS = ['refund', 'Refund', 'list', '__proto__', 'constructor']

const location = fc.constantFrom(...LOCATIONS) as fc.Arbitrary<Audience>
const tools = fc.uniqueArray(fc.constantFrom(...TOOLS), { minLength: 1 })
const locations = fc.uniqueArray(location, { minLength: 1 })
const grant: fc.Arbitrary<Grant> = fc.oneof(
  fc.record(
    { type: fc.constant('agent_tool_call' as const), locations },
    { noNullPrototype: true },
  ),
  fc.record(
    { type: fc.constant('agent_tool_call' as const), locations, tools },
    { noNullPrototype: true },
  ),
)
const use = fc.record({
  audience: location,
  action: fc.oneof(
    fc.constantFrom(...TOOLS).map((name) => `tool:${name}`),
    fc.constantFrom('connect', 'invoke', 'resource:read', 'tool:'),
  ),
})

test('what a subset covers, its parent covers', () => {
  let judged = 0
  fc.assert(
    fc.property(grant, grant, use, (child, parent, asked) => {
      if (!subset(child, parent)) return
      judged++
      if (covers(child, asked)) assert.ok(covers(parent, asked))
    }),
    { numRuns: 20_000 },
  )
  assert.ok(judged > 1000, 'the property was reached')
})

test('a grant that is no subset covers some use that its parent does not', () => {
  fc.assert(
    fc.property(grant, grant, (child, parent) => {
      const names = [...TOOLS, 'a-tool-nobody-named']
      const escapes = LOCATIONS.some((audience) =>
        names.some((name) => {
          const asked = { audience: audience as Audience, action: `tool:${name}` }
          return covers(child, asked) && !covers(parent, asked)
        }),
      )
      assert.equal(subset(child, parent), !escapes)
    }),
    { numRuns: 5000 },
  )
})

test('being a subset is reflexive and transitive', () => {
  fc.assert(
    fc.property(grant, grant, grant, (a, b, c) => {
      assert.ok(subset(a, a))
      if (subset(a, b) && subset(b, c)) assert.ok(subset(a, c))
    }),
    { numRuns: 5000 },
  )
})

test('a grant survives the way into a token and back', () => {
  fc.assert(
    fc.property(fc.array(grant, { minLength: 1, maxLength: 4 }), (grants) => {
      const read = parseGrants(grants.map(grantJson))
      assert.deepEqual(read, { ok: true, value: grants })
    }),
  )
})

test('names are compared as bytes: case and a trailing slash make another name', () => {
  const held: Grant = {
    type: 'agent_tool_call',
    locations: ['http://gw/mcp/pay' as Audience],
    tools: ['refund'],
  }
  assert.ok(covers(held, { audience: 'http://gw/mcp/pay' as Audience, action: 'tool:refund' }))
  assert.ok(!covers(held, { audience: 'http://gw/mcp/pay' as Audience, action: 'tool:Refund' }))
  assert.ok(!covers(held, { audience: 'http://gw/mcp/pay/' as Audience, action: 'tool:refund' }))
  assert.ok(covers(held, { audience: 'http://gw/mcp/pay' as Audience, action: 'connect' }))
})

const base = { type: 'agent_tool_call', locations: ['http://gw/mcp/pay'] }
const refused: readonly (readonly [string, Json])[] = [
  ['no array', { ...base }],
  ['nothing', []],
  ['too many entries', Array.from({ length: GRANTS_MAX + 1 }, () => base)],
  ['a string', ['agent_tool_call']],
  ['null', [null]],
  ['another type', [{ ...base, type: 'payment_initiation' }]],
  ['argument constraints', [{ ...base, tools: { refund: { args: { amount: { max: 5 } } } } }]],
  ['limits', [{ ...base, limits: { calls: 5 } }]],
  ['actions', [{ ...base, actions: ['invoke'] }]],
  [
    'an own key named __proto__',
    [JSON.parse('{"type":"agent_tool_call","locations":["http://gw/a"],"__proto__":{}}')],
  ],
  ['no locations', [{ type: 'agent_tool_call' }]],
  ['empty locations', [{ ...base, locations: [] }]],
  ['a location that is no URL', [{ ...base, locations: ['payments'] }]],
  ['a location with a line break', [{ ...base, locations: ['http://gw/\nx'] }]],
  ['a location twice', [{ ...base, locations: ['http://gw/a', 'http://gw/a'] }]],
  ['empty tools', [{ ...base, tools: [] }]],
  ['null tools', [{ ...base, tools: null }]],
  ['a wildcard tool', [{ ...base, tools: ['*'] }]],
  ['a tool with a colon', [{ ...base, tools: ['a:b'] }]],
  [
    'too many tools',
    [{ ...base, tools: Array.from({ length: TOOLS_MAX + 1 }, (_, i) => `t${i}`) }],
  ],
]

for (const [what, value] of refused)
  test(`refuses authorization_details with ${what}`, () => {
    const read = parseGrants(value)
    assert.ok(!read.ok)
    assert.equal(read.error.code, 'malformed')
  })

test('never throws, whatever it is given', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      parseGrants(value as Json)
    }),
  )
})
