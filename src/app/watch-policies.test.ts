import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fail, ok, type Result } from '../core/result.ts'
import type { CompiledRelease } from '../policy/release.ts'
import { DEFAULT_ENGINE_OPTIONS } from '../policy/engine-options.ts'
import { loadRelease } from './load-release.ts'
import { LOOK_EVERY_MS, watchPolicies } from './watch-policies.ts'

const RELEASE = ((): CompiledRelease => {
  const release = loadRelease({ files: [], schemas: [] }, DEFAULT_ENGINE_OPTIONS, null)
  assert.ok(release.ok)
  return release.value
})()

type Load = () => Result<CompiledRelease, readonly string[]>

/** A watch over files that are only a stamp; `look` is one second. */
function watched(load: Load) {
  const state = { stamp: 'a', loads: 0, swaps: 0, told: [] as string[], stopped: false }
  let look: () => void = () => assert.fail()
  const watch = watchPolicies({
    every: (ms, run) => {
      assert.equal(ms, LOOK_EVERY_MS)
      look = run
      return { stop: () => void (state.stopped = true) }
    },
    stamp: () => {
      if (state.stamp === 'broken') throw new Error('EACCES')
      return state.stamp
    },
    load: () => {
      state.loads++
      return load()
    },
    swap: () => void state.swaps++,
    told: (lines) => void state.told.push(...lines),
  })
  return { state, watch, look: () => look() }
}

test('files that stay the same are never read again', () => {
  const { state, look } = watched(() => ok(RELEASE))
  for (let i = 0; i < 5; i++) look()
  assert.equal(state.loads, 0)
})

test('a change is loaded once, when it has settled', () => {
  const { state, look } = watched(() => ok(RELEASE))
  state.stamp = 'half'
  look()
  state.stamp = 'whole'
  look()
  assert.equal(state.loads, 0)
  for (let i = 0; i < 4; i++) look()
  assert.deepEqual([state.loads, state.swaps], [1, 1])
})

test('mistakes are told once, and the next change is loaded again', () => {
  let good = false
  const { state, look } = watched(() => (good ? ok(RELEASE) : fail(['a.yaml:1:1: wrong'])))
  state.stamp = 'b'
  for (let i = 0; i < 4; i++) look()
  assert.deepEqual([state.loads, state.swaps], [1, 0])
  assert.deepEqual(state.told, [
    'a.yaml:1:1: wrong',
    'the changed policies have errors: the last good release stays',
  ])
  good = true
  state.stamp = 'c'
  for (let i = 0; i < 4; i++) look()
  assert.deepEqual([state.loads, state.swaps], [2, 1])
})

test('files that cannot be looked at are a change like any other', () => {
  const { state, look } = watched(() => fail(['unreadable']))
  state.stamp = 'broken'
  for (let i = 0; i < 4; i++) look()
  assert.deepEqual([state.loads, state.swaps], [1, 0])
})

test('it ends when it is told to', () => {
  const { state, watch } = watched(() => ok(RELEASE))
  watch.stop()
  assert.equal(state.stopped, true)
})
