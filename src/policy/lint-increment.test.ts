import assert from 'node:assert/strict'
import { test } from 'node:test'

import { lintIncrement } from './lint-increment.ts'

const places = (text: string): readonly string[] =>
  lintIncrement([{ path: 'a.yaml', text }]).map(
    ({ file, line, column, code }) => `${file}:${line}:${column} ${code}`,
  )

test('each increment of the short form is noted at its place', () => {
  const text = [
    'rules:',
    '  - {id: a, role: r, tool: t, allowed_actions: [x], rollout: {percent: 1, increment: 2}}',
    '  - {id: increment, role: r, tool: t, allowed_actions: [x], rollout: {percent: 1}}',
    '  - id: c',
    '    rollout:',
    '      increment: 2',
  ].join('\n')
  assert.deepEqual(places(text), ['a.yaml:2:75 increment_idle', 'a.yaml:6:7 increment_idle'])
})

test('files that are broken, or no short form, are noted nowhere', () => {
  const broken = ['increment', '[increment', 'rules: increment', 'rules: [increment, [increment]]']
  for (const text of [...broken, 'rules: [{rollout: increment}]', '{apiVersion: increment}'])
    assert.deepEqual(places(text), [], text)
})
