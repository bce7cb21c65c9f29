import assert from 'node:assert/strict'
import { test } from 'node:test'

import { openSourceFile } from './diagnostic.ts'
import { parsePolicyFile } from './parse-policy.ts'
import type { Condition } from './tree.ts'

const text = `
rules:
  - id: allow-support-billing
    role: support
    tool: billing
    allowed_actions: [charge, refund]
    when: R.attr.args.amount <= 500
    max_token_ttl_seconds: 300
  - {id: read-crm, role: support, tool: crm, allowed_actions: ["*"]}
`

function textOf(condition: Condition | null): unknown {
  if (condition === null) return null
  return condition.kind === 'expr'
    ? condition.expression.source
    : { [condition.kind]: condition.of.map(textOf) }
}

test('a short rule is a rule on its server, one to connect to it, and one to be issued its token', () => {
  const file = openSourceFile('policy-config.yaml', text)
  const trees = parsePolicyFile(file)
  assert.deepEqual(file.problems, [])
  const rules = trees.flatMap((tree) =>
    tree.kind === 'resource'
      ? tree.rules.map((rule) => [
          tree.resource,
          rule.name,
          rule.effect,
          rule.roles,
          rule.actions,
          textOf(rule.condition),
          rule.discloses,
        ])
      : [],
  )
  const issue = (tool: string): string => `R.attr.tool == "${tool}"`
  assert.deepEqual(rules, [
    [
      'mcp:billing',
      'allow-support-billing',
      'allow',
      ['support'],
      ['tool:charge', 'tool:refund'],
      'R.attr.args.amount <= 500',
      true,
    ],
    ['mcp:billing', 'allow-support-billing.connect', 'allow', ['support'], ['connect'], null, true],
    [
      'token',
      'allow-support-billing.issue',
      'allow',
      ['support'],
      ['issue'],
      { all: [issue('billing'), 'R.attr.ttl_seconds <= 300'] },
      true,
    ],
    ['token', 'read-crm.issue', 'allow', ['support'], ['issue'], issue('crm'), true],
    ['mcp:crm', 'read-crm', 'allow', ['support'], ['tool:*'], null, true],
    ['mcp:crm', 'read-crm.connect', 'allow', ['support'], ['connect'], null, true],
  ])
})

test('the lowest bound on lifetimes that a role has for a tool holds for all its rules', () => {
  const file = openSourceFile(
    'policy-config.yaml',
    `
rules:
  - {id: a, role: support, tool: billing, allowed_actions: [charge], max_token_ttl_seconds: 300}
  - {id: b, role: support, tool: billing, allowed_actions: [list]}
  - {id: c, role: support, tool: billing, allowed_actions: [void], max_token_ttl_seconds: 60}
  - {id: d, role: lead, tool: billing, allowed_actions: [list]}
  - {id: e, role: support, tool: crm, allowed_actions: [list]}
`,
  )
  const issuing = parsePolicyFile(file).flatMap((tree) =>
    tree.kind === 'resource' && tree.resource === 'token'
      ? tree.rules.map((rule) =>
          JSON.stringify(textOf(rule.condition)).includes('R.attr.ttl_seconds <= 60'),
        )
      : [],
  )
  assert.deepEqual(issuing, [true, true, true, false, false])
})

const REFUSED: readonly (readonly [string, string, string])[] = [
  [
    'a rollout to nobody in particular',
    '{id: a, role: r, tool: t, allowed_actions: [x], rollout: {increment: 10}}',
    'field_missing',
  ],
  [
    'an unknown field',
    '{id: a, role: r, tool: t, allowed_actions: [x], wen: "true"}',
    'field_unknown',
  ],
  ['no id', '{role: r, tool: t, allowed_actions: [x]}', 'field_missing'],
  ['no actions', '{id: a, role: r, tool: t}', 'field_missing'],
  ['an empty list of actions', '{id: a, role: r, tool: t, allowed_actions: []}', 'value_invalid'],
  ['a role for everybody', '{id: a, role: "*", tool: t, allowed_actions: [x]}', 'value_invalid'],
  [
    'a tool that is no server id',
    '{id: a, role: r, tool: "T:x", allowed_actions: [x]}',
    'value_invalid',
  ],
  [
    'an action with a colon',
    '{id: a, role: r, tool: t, allowed_actions: ["a:b"]}',
    'value_invalid',
  ],
  ['an action with a star', '{id: a, role: r, tool: t, allowed_actions: ["a*"]}', 'value_invalid'],
  [
    'a lifetime beyond what is ever given',
    '{id: a, role: r, tool: t, allowed_actions: [x], max_token_ttl_seconds: 901}',
    'value_invalid',
  ],
  [
    'a lifetime that is no whole number',
    '{id: a, role: r, tool: t, allowed_actions: [x], max_token_ttl_seconds: 1.5}',
    'value_invalid',
  ],
  [
    'an id twice',
    '{id: a, role: r, tool: t, allowed_actions: [x]}\n  - {id: a, role: r, tool: t, allowed_actions: [x]}',
    'name_duplicate',
  ],
]

for (const [what, rule, code] of REFUSED) {
  test(`the short form refuses ${what}`, () => {
    const file = openSourceFile('policy-config.yaml', `rules:\n  - ${rule}\n`)
    parsePolicyFile(file)
    assert.deepEqual(
      file.problems.map((problem) => problem.code),
      [code],
    )
  })
}
