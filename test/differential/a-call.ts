import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { ACTIONS, ROLES } from './a-unit.ts'
import type { Features } from './features.ts'

/** A principal as a request of the Cerbos API has it; `§` as in a unit. */
export type CallPrincipal = {
  readonly id: string
  readonly roles: readonly string[]
  readonly policyVersion: string
  readonly scope: string
  readonly attr: JsonObject
}

export type CallResource = {
  readonly actions: readonly string[]
  readonly resource: {
    /** `own` and `folded` stand for the unit's kind. */
    readonly kind: string
    readonly id: string
    readonly policyVersion: string
    readonly scope: string
    readonly attr: JsonObject
  }
}

/** One request: a principal, and actions on resources. */
export type Call = {
  readonly principal: CallPrincipal
  readonly resources: readonly CallResource[]
}

const wrong = fc.constantFrom<Json>(
  null,
  true,
  false,
  0,
  1,
  5,
  -1,
  2.5,
  1e308,
  1e-7,
  '',
  'a',
  '5',
  'true',
  [],
  ['a'],
  {},
  { n: 1 },
  [[1]],
  9007199254740992,
)

const number = fc.constantFrom<Json>(0, 1, 1, 2, 2.5, 3, 5, 10, -1, 100, 1.5)
const word = fc.constantFrom<Json>(
  'a',
  'alpha',
  'beta',
  'Al',
  '',
  'b',
  'é',
  'x y',
  '5',
  'boss§',
  'pat§',
)
const flag = fc.constantFrom<Json>(true, false)
const words = fc.array(word, { maxLength: 3 }) as fc.Arbitrary<Json>
const numbers = fc.array(number, { maxLength: 3 }) as fc.Arbitrary<Json>
const instant = fc.constantFrom<Json>(
  '2024-02-29T12:00:00Z',
  '2099-01-01T00:00:00Z',
  '2020-06-15T23:30:00.25+05:30',
  '1969-12-31T23:59:59Z',
  '2024-02-30T00:00:00Z',
  'soon',
)
const inner = fc.constantFrom<Json>(
  { n: 1, s: 'a', deep: { x: 2 } },
  { n: 5, s: 'alpha' },
  { deep: {} },
  { n: 'x', deep: { x: 'y' } },
  {},
)

const FIELDS: readonly (readonly [string, fc.Arbitrary<Json>])[] = [
  ['n', number],
  ['m', number],
  ['s', word],
  ['t', word],
  ['owner', fc.constantFrom<Json>('pat§', 'anna', 'zed')],
  ['flag', flag],
  ['tags', words],
  ['nums', numbers],
  ['o', inner],
  ['nil', fc.constant(null)],
  ['when', instant],
  ['until', instant],
  ['span', fc.constantFrom<Json>('1h', '90s', '1h30m', '-5s', '0s', '1.5h', 'long')],
  [
    'ip',
    fc.constantFrom<Json>('10.1.2.3', '192.168.1.9', '2001:db8::1', '::ffff:10.0.0.1', '999.1.1.1'),
  ],
  ['path', fc.constantFrom<Json>('/a/b/c', '/a/b', 'a/b', '/', '', '/a/../b')],
  ['dots', fc.constantFrom<Json>('a.b.c', 'a.b', 'a', '', 'a.c')],
  ['spiffe', fc.constantFrom<Json>('spiffe://acme.test/ns/x', 'spiffe://acme.test', 'http://x')],
]

/** Names that objects of the host language have: they must not be there unless they were sent. */
const ODD_NAMES = [
  '__proto__',
  'constructor',
  'length',
  'toString',
  'hasOwnProperty',
  'missing',
] as const

const odd: fc.Arbitrary<readonly (readonly [string, Json])[]> = fc.oneof(
  { weight: 5, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.tuple(fc.tuple(fc.constantFrom(...ODD_NAMES), wrong)) },
)

/** Attributes of which most have the type that expressions expect. */
const attributes: fc.Arbitrary<JsonObject> = fc
  .tuple(
    fc.tuple(
      ...FIELDS.map(([name, right]) =>
        fc.oneof(
          { weight: 17, arbitrary: right.map((value) => [name, value] as const) },
          { weight: 1, arbitrary: wrong.map((value) => [name, value] as const) },
          { weight: 1, arbitrary: fc.constant(null) },
        ),
      ),
    ),
    odd,
    fc.integer({ min: 0, max: 30 }),
  )
  .map(([fields, more, few]) =>
    // One in thirty has no attributes at all.
    few === 0 ? {} : Object.fromEntries([...fields.filter((field) => field !== null), ...more]),
  )

const SCOPES_ASKED = ['', '', '', 'acme', 'acme.hr', 'acme.hr.uk', 'solo', 'acme.zz', 'zz']
const aVersion = fc.constantFrom('', '', '', '', 'default', 'v2', 'v9')

const aPrincipal = (aScope: fc.Arbitrary<string>) =>
  fc.record({
    id: fc.constantFrom('pat§', 'pat§', 'anna'),
    roles: fc.uniqueArray(fc.constantFrom('user', ...ROLES), { minLength: 1, maxLength: 3 }),
    scope: aScope,
    attr: attributes,
  })

const aResource = (aScope: fc.Arbitrary<string>) =>
  fc.record({
    actions: fc.uniqueArray(fc.constantFrom(...ACTIONS, 'unknown', 'constructor'), {
      minLength: 3,
      maxLength: 8,
    }),
    resource: fc.record({
      kind: fc.oneof(
        { weight: 20, arbitrary: fc.constant('own') },
        { weight: 1, arbitrary: fc.constantFrom('folded', 'none§', 'anchor', '__proto__') },
      ),
      id: fc.constantFrom('1', 'alpha', 'pat§'),
      scope: aScope,
      attr: attributes,
    }),
  })

/** A request about a unit. Versions of principal and resource are equal (the oracle's defect 5.4). */
export function aCall({ dotScope }: Features): fc.Arbitrary<Call> {
  const aScope = fc.constantFrom(...SCOPES_ASKED, ...(dotScope ? ['.'] : []))
  const resources = fc.array(aResource(aScope), { minLength: 12, maxLength: 20 })
  return fc
    .tuple(aVersion, aPrincipal(aScope), resources)
    .map(([policyVersion, principal, asked]) => ({
      principal: { ...principal, policyVersion },
      resources: asked.map(({ actions, resource }) => ({
        actions,
        resource: { ...resource, policyVersion },
      })),
    }))
}

/** The JSON text of a call as both engines get it, about the unit of this kind and number. */
export function renderCall(call: Call, kind: string, index: number): string {
  const kinds: ReadonlyMap<string, string> = new Map([
    ['own', kind],
    ['folded', kind.replaceAll(/[^\w.§]+/g, '_')],
  ])
  const resources = call.resources.map(({ actions, resource }) => ({
    actions,
    resource: { ...resource, kind: kinds.get(resource.kind) ?? resource.kind },
  }))
  const request = {
    requestId: `u${index}`,
    includeMeta: true,
    principal: call.principal,
    resources,
  }
  return JSON.stringify(request).replaceAll('§', String(index))
}
