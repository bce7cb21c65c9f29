import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'

import type { Diagnostic } from './diagnostic.ts'
import { DIAGNOSTIC_CODES, formatDiagnostic } from './diagnostic.ts'
import { DIAGNOSTICS_MAX, POLICY_FILES_MAX } from './limits.ts'
import { loadPolicies } from './load-policies.ts'
import type { CompiledRelease } from './release.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

const load = (...texts: readonly string[]): ReturnType<typeof loadPolicies> =>
  loadPolicies(
    { sha256 },
    texts.map((text, index) => ({ path: `p${index}.yaml`, text })),
  )

function problemsOf(...texts: readonly string[]): readonly Diagnostic[] {
  const loaded = load(...texts)
  assert.equal(loaded.ok, false)
  return loaded.ok ? [] : loaded.error
}

function releaseOf(...texts: readonly string[]): CompiledRelease {
  const loaded = load(...texts)
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.error.map(formatDiagnostic).join('\n'))
  return loaded.value
}

const places = (problems: readonly Diagnostic[]): readonly string[] =>
  problems.map(
    ({ file, line, column, code, message }) => `${file}:${line}:${column} ${code}: ${message}`,
  )

const resource = (body: string, dialect = 'api.cerbos.dev/v1'): string =>
  `apiVersion: ${dialect}\nresourcePolicy:\n  resource: doc\n  version: default\n${body}`

const rule = (extra: string): string =>
  `  rules:\n    - {actions: [read], effect: EFFECT_ALLOW, roles: [user], ${extra}}\n`

const condition = (expr: string): string =>
  rule(`condition: {match: {expr: ${JSON.stringify(expr)}}}`)

const atExpression = (expr: string): string => condition(expr).replace('expr: ', 'expr: §')

const CONSENT = 'SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS'

function notSupported(field: string, where: string): string {
  return `not_supported: \`${field}\` of ${where} is not supported: this version does not accept it`
}

/** The text without its mark, and the line and column that the mark stood at. */
function unmark(marked: string): { readonly text: string; readonly place: string } {
  const ahead = marked.slice(0, marked.indexOf('§'))
  const line = ahead.split('\n').length
  return {
    text: marked.replace('§', ''),
    place: `${line}:${ahead.length - ahead.lastIndexOf('\n')}`,
  }
}

/** What is wrong, the text with `§` before the place that must be named, and what must be said of it. */
const REFUSED: readonly (readonly [string, string, string])[] = [
  ['no apiVersion', '§resourcePolicy: {}\n', 'field_missing: a policy needs `apiVersion`'],
  [
    'another apiVersion',
    'apiVersion: §v2\n',
    'api_version_unknown: `apiVersion` `v2` is not known',
  ],
  ['a list', '§- 1\n', 'value_invalid: a policy file must be a map'],
  [
    'no kind',
    '§apiVersion: api.cerbos.dev/v1\n',
    'field_missing: a policy needs exactly one of `resourcePolicy`, `principalPolicy`, `rolePolicy`, `derivedRoles`, `exportVariables`, `exportConstants`',
  ],
  [
    'a role policy for nobody',
    'apiVersion: api.cerbos.dev/v1\nrolePolicy: §{}\n',
    'field_missing: `rolePolicy` needs `role`',
  ],
  [
    'a role policy for many',
    'apiVersion: api.cerbos.dev/v1\nrolePolicy: {role: §"a*"}\n',
    'value_invalid: `role` of `rolePolicy` cannot be `a*`',
  ],
  [
    'a schema without a name',
    resource('  schemas: {resourceSchema: §{}}\n'),
    'field_missing: `resourceSchema` needs `ref`',
  ],
  [
    'an output that says nothing',
    resource(rule('output: §{}')),
    'field_missing: `output` needs `when.ruleActivated` or `when.conditionNotMet`',
  ],
  [
    'an output that says two things at once',
    resource(rule('output: §{expr: "1", when: {ruleActivated: "2"}}')),
    'field_conflict: `expr` means `when.ruleActivated`',
  ],
  [
    'a script',
    resource(rule('condition: {§script: x, match: {expr: "true"}}')),
    notSupported('script', '`condition` of a rule'),
  ],
  [
    'scope permissions that do not exist',
    resource(`  scopePermissions: §${CONSENT}_ALSO\n`),
    `value_invalid: \`scopePermissions\` cannot be \`${CONSENT}_ALSO\``,
  ],
  [
    'an approval by nobody',
    resource(rule('approval: §{}'), 'reeve.dev/v1'),
    'field_missing: `approval` needs `by`',
  ],
  [
    'an approval that lasts too long',
    resource(rule('approval: {by: lead, ttl: §48h}'), 'reeve.dev/v1'),
    'value_invalid: `ttl` must be whole seconds',
  ],
  [
    'obligations of a denial',
    resource(rule('§obligations: [redact]').replace('ALLOW', 'DENY'), 'reeve.dev/v1'),
    'field_conflict: `obligations` has no meaning for a rule that denies',
  ],
  [
    'an obligation of no kind',
    resource(rule('obligations: [§{value: 1}]'), 'reeve.dev/v1'),
    'field_missing: an entry of `obligations` needs `kind`',
  ],
  [
    'a rollout beyond everybody',
    resource(rule('rollout: {percent: §101}'), 'reeve.dev/v1'),
    'value_invalid: `percent` of `rollout` must be a number from 0 to 100',
  ],
  [
    'fields of ours in the dialect of Cerbos',
    resource(rule('§remedy: ask')),
    'field_unknown: a rule has no field `remedy`',
  ],
  [
    'a guardrail in the dialect of Cerbos',
    'apiVersion: api.cerbos.dev/v1\n§guardrail: {}\n',
    'field_unknown: a policy has no field `guardrail`',
  ],
  [
    'an unknown field',
    resource('  §rulez: []\n'),
    'field_unknown: `resourcePolicy` has no field `rulez`',
  ],
  [
    'a pattern of resources',
    resource('').replace('doc', '§"d*"'),
    'value_invalid: `resource` cannot be `d*`: it must not contain any of `! * ? [ ] { }`',
  ],
  [
    'no version',
    resource('').replace('  version: default\n', '').replace('resource:', '§resource:'),
    'field_missing: `resourcePolicy` needs `version`',
  ],
  [
    'a version that is a number',
    resource('').replace('default', '§1'),
    'value_invalid: `version` of `resourcePolicy` must be text, not a number',
  ],
  [
    'a wrong effect',
    resource(rule('').replace('EFFECT_ALLOW', '§ALLOW')),
    'value_invalid: `effect` cannot be `ALLOW`: it is EFFECT_ALLOW or EFFECT_DENY',
  ],
  [
    'a rule for nobody',
    resource(rule('').replace('roles: [user], ', '').replace('{', '§{')),
    'field_missing: a rule needs `roles` or `derivedRoles`',
  ],
  [
    'an action twice',
    resource(rule('').replace('[read]', '[read, §read]')),
    'value_duplicate: `read` stands twice in `actions` of a rule',
  ],
  [
    'a malformed pattern',
    resource(rule('').replace('[read]', '[§"re*{"]')),
    'value_invalid: `re*{` is not a pattern',
  ],
  [
    'a rule name twice',
    resource(
      `${rule('name: one')}    - §{name: one, actions: [x], effect: EFFECT_DENY, roles: [y]}\n`,
      'reeve.dev/v1',
    ),
    'name_duplicate: two rules of `resourcePolicy` are named `one`',
  ],
  [
    'two operators',
    resource(rule('condition: {match: §{expr: "true", all: {of: []}}}')),
    'field_conflict: `match` needs exactly one of `expr`, `all`, `any` and `none`',
  ],
  [
    'an empty group',
    resource(rule('condition: {match: {all: §{of: []}}}')),
    'value_invalid: `of` of `all` must not be empty',
  ],
  ['an expression that ends early', resource(condition('R.attr.x == §')), 'expression_invalid: '],
  ['an unknown name', resource(condition('1 == §foo')), 'expression_invalid: '],
  [
    'an unknown constant',
    resource(atExpression('C.x == 1')),
    'name_unknown: no constant is named `x`',
  ],
  [
    'an unknown variable',
    resource(atExpression('V.x == 1')),
    'name_unknown: no variable is named `x`',
  ],
  [
    'variables as a whole',
    resource(atExpression('size(V) == 1')),
    'value_invalid: `V` can only be read as `V.name`',
  ],
  [
    'globals as a whole',
    resource(atExpression('size(G) == 1')),
    'value_invalid: `G` can only be read as `G.name`',
  ],
  [
    'the action in the dialect of Cerbos',
    resource(atExpression('request.action == "x"')),
    'name_unknown: `request.action` is not part of `api.cerbos.dev/v1`',
  ],
  [
    'a cycle of variables',
    resource('  variables: {local: {§a: V.b, b: V.a}}\n'),
    'reference_cycle: variable `a` reads itself through others',
  ],
  [
    'a variable that cannot be read',
    resource('  variables: {local: {§a-b: "1"}}\n'),
    'value_invalid: `a-b` cannot be read in an expression: a name is letters, digits and `_`',
  ],
  [
    'an import that does not exist',
    resource('  variables: {import: [§x]}\n'),
    'name_unknown: no `exportVariables` is named `x`',
  ],
  [
    'derived roles that do not exist',
    resource('  importDerivedRoles: [§x]\n'),
    'name_unknown: no `derivedRoles` is named `x`',
  ],
  [
    'a derived role that is not imported',
    resource(rule('derivedRoles: [§x]')),
    'name_unknown: no imported derived role is named `x`',
  ],
  [
    'a scope without its parents',
    resource('  scope: a.b\n').replace('resource:', '§resource:'),
    'scope_incomplete: scope `a.b` needs `resource.doc.vdefault/a`, which does not exist',
  ],
]

for (const [what, marked, expected] of REFUSED) {
  test(`refuses ${what}, with file, line and column`, () => {
    const { text, place } = unmark(marked)
    const found = places(problemsOf(text))
    assert.ok(
      found.some((one) => one.startsWith(`p0.yaml:${place} ${expected}`)),
      `${place}\n${found.join('\n')}`,
    )
  })
}

test('every code of the list is produced by some file, or is about several', () => {
  const produced = new Set(
    REFUSED.flatMap(([, marked]) => problemsOf(unmark(marked).text).map(({ code }) => code)),
  )
  const elsewhere = [
    'yaml_invalid',
    'yaml_too_large',
    'name_ambiguous',
    'policy_duplicate',
    'scope_conflict',
    'schema_invalid',
  ]
  assert.deepEqual([...produced, ...elsewhere].sort(), [...DIAGNOSTIC_CODES].sort())
})

test('reports all problems of all files in one run, by file and place', () => {
  const bad = resource(`${condition('foo == 1')}    - {actions: [x], effect: NO, roles: [y]}\n`)
  const found = places(problemsOf(bad, 'a: [', bad))
  assert.deepEqual(
    found.map((line) => line.split(' ', 2).join(' ')),
    [
      'p0.yaml:6:89 expression_invalid:',
      'p0.yaml:7:30 value_invalid:',
      'p1.yaml:1:5 yaml_invalid:',
      'p2.yaml:3:3 policy_duplicate:',
      'p2.yaml:6:89 expression_invalid:',
      'p2.yaml:7:30 value_invalid:',
    ],
  )
})

test('a problem in an exported variable is reported once, where it stands', () => {
  const exported =
    'apiVersion: api.cerbos.dev/v1\nexportVariables: {name: x, definitions: {v: foo}}\n'
  const user = resource('  variables: {import: [x]}\n')
  const found = places(problemsOf(exported, user, user.replace('doc', 'other')))
  assert.equal(found.length, 1)
  assert.match(found[0] ?? '', /^p0\.yaml:2:45 expression_invalid: .*`foo`/)
})

test('an ambiguous derived role is an error', () => {
  const roles = (name: string): string =>
    `apiVersion: api.cerbos.dev/v1\nderivedRoles: {name: ${name}, definitions: [{name: owner, parentRoles: [user]}]}\n`
  const user = resource(`  importDerivedRoles: [x, y]\n${rule('derivedRoles: [owner]')}`)
  assert.deepEqual(places(problemsOf(roles('x'), roles('y'), user)), [
    'p2.yaml:7:77 name_ambiguous: derived role `owner` is imported from more than one set',
  ])
})

test('too many files are refused as a whole', () => {
  const files = Array.from({ length: POLICY_FILES_MAX + 1 }, (_, index) => ({
    path: `${index}.yaml`,
    text: '',
  }))
  const loaded = loadPolicies({ sha256 }, files)
  assert.ok(!loaded.ok && loaded.error.length === 1)
})

test('problems are bounded in number', () => {
  const bad = resource(`  rules:\n${'    - {}\n'.repeat(3 * DIAGNOSTICS_MAX)}`)
  assert.equal(problemsOf(bad, bad).length, DIAGNOSTICS_MAX)
})

test('a diagnostic quotes the line, marks the place and gives a hint', () => {
  const [problem] = problemsOf(resource('  rulez: []\n'))
  assert.ok(problem)
  assert.equal(
    formatDiagnostic(problem),
    [
      'p0.yaml:5:3: `resourcePolicy` has no field `rulez` [field_unknown]',
      '5 |   rulez: []',
      '  |   ^',
      '  hint: did you mean `rules`?',
    ].join('\n'),
  )
})

test('a diagnostic never carries control characters to the terminal', () => {
  const [problem] = problemsOf('\u202eapiVersion: "\u0009\u200b x"\n')
  assert.ok(problem)
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  assert.doesNotMatch(problem.excerpt, /[\u0000-\u001f\u202e]/)
})

test('disabled policies and empty files hold nothing', () => {
  const release = releaseOf(`disabled: true\n${resource(rule('name: x'))}`, '', '# nothing\n')
  assert.equal(release.policies, 0)
})

test('a disabled policy is still checked', () => {
  assert.equal(problemsOf(`disabled: true\n${resource('  rulez: []\n')}`)[0]?.code, 'field_unknown')
})

test('the digest follows meaning, not files, order or layout', () => {
  const one = resource(rule('name: x'))
  const other = resource('').replace('doc', 'other')
  const { digest } = releaseOf(one, other)
  assert.match(digest, /^sha256:[A-Za-z0-9_-]{43}$/)
  assert.equal(releaseOf(other, `# a comment\n${one.replace('doc', '"doc"')}`).digest, digest)
  assert.notEqual(releaseOf(one.replace('ALLOW', 'DENY'), other).digest, digest)
  assert.notEqual(releaseOf(one.replace('[user]', '[users]'), other).digest, digest)
  assert.notEqual(releaseOf(one).digest, digest)
  const [plain, disclosing, speaking] = ['', ', disclose: true', ', remedy: ask'].map(
    (extra) => releaseOf(resource(rule(`name: x${extra}`), 'reeve.dev/v1')).digest,
  )
  assert.equal(new Set([plain, disclosing, speaking]).size, 3)
  assert.notEqual(releaseOf(one.replace('api.cerbos.dev', 'reeve.dev'), other).digest, digest)
})

test('accepts the envelope of Cerbos and says what is read', () => {
  const text = `
$schema: https://api.cerbos.dev/latest/cerbos/policy/v1/Policy.schema.json
apiVersion: api.cerbos.dev/v1
description: documents
metadata: {annotations: {owner: team}, storeIdentifier: x}
${resource(
  condition(
    'P.attr.tier == "gold" && R.attr.args.n > 1 && now() > timestamp("2020-01-01T00:00:00Z")',
  ),
)
  .split('\n')
  .slice(1)
  .join('\n')}`
  const { needs } = releaseOf(text)
  assert.deepEqual([...needs.paths].sort(), [
    'request.principal.attr.tier',
    'request.resource.attr.args.n',
  ])
  assert.deepEqual([needs.identity, needs.context], [false, false])
})

test('says when identity or context is read, also as a part of a whole', () => {
  const needsOf = (expr: string): readonly boolean[] => {
    const { identity, context } = releaseOf(resource(condition(expr), 'reeve.dev/v1')).needs
    return [identity, context]
  }
  assert.deepEqual(needsOf('P.attr.sponsor.id == "x"'), [true, false])
  assert.deepEqual(needsOf('size(P.attr) > 1'), [true, true])
  assert.deepEqual(needsOf('request.context.surface == "mcp"'), [false, true])
  assert.deepEqual(needsOf('P.attr.context.surface == "mcp"'), [true, true])
  assert.deepEqual(needsOf('P.attr.sponsorship == "x"'), [false, false])
})

test('any text gives a release or problems, and never throws', () => {
  const word = fc.constantFrom(
    'apiVersion: api.cerbos.dev/v1\n',
    'apiVersion: reeve.dev/v1\n',
    'resourcePolicy:\n',
    'guardrail:\n',
    'rules:\n',
    '  rules:\n',
    '  - ',
    '    ',
    'resource: a*\n',
    'version: default\n',
    'actions: ["*{"]\n',
    'roles: [a]\n',
    'effect: EFFECT_ALLOW\n',
    'condition:\n',
    'match:\n',
    'expr: x ==\n',
    'id: a\n',
    'tool: b\n',
    'role: c\n',
    'allowed_actions: [d]\n',
    'when: 1\n',
    '&a ',
    '*a ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    ': ',
    '\n',
    '\u0000',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 25 }), (words) => {
      const loaded = load(words.join(''))
      if (!loaded.ok) assert.ok(loaded.error.length > 0)
    }),
    { numRuns: 3000 },
  )
})
