import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBoundedMap } from './bounded-map.ts'
import { aClock } from './testing/tokens.ts'
import { BUDGET_SOURCES_MAX, createVerifyBudget } from './verify-budget.ts'

test('a flood from ever new addresses shares one budget', () => {
  const budget = createVerifyBudget({ clock: aClock(), perSecond: 2 })
  for (let i = 0; i < BUDGET_SOURCES_MAX; i++) assert.ok(budget.take(`source-${i}`))
  assert.ok(budget.take('one-more'))
  assert.ok(budget.take('and-another'))
  assert.ok(!budget.take('and-a-third'))
  assert.ok(budget.take('source-0'))
})

test('a full map forgets its oldest entry', () => {
  const map = createBoundedMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  map.set('__proto__', 4)
  assert.equal(map.size(), 2)
  assert.equal(map.get('b'), undefined)
  assert.equal(map.get('a'), 3)
  assert.equal(map.get('__proto__'), 4)
})
