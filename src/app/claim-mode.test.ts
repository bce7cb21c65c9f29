import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { claimMode } from './claim-mode.ts'

test('a state directory serves the mode that claimed it first, and never the other', () => {
  const directory = mkdtempSync(join(tmpdir(), 'reeve-mode-'))
  try {
    assert.ok(claimMode(directory, 'development').ok)
    assert.ok(claimMode(directory, 'development').ok)
    const other = claimMode(directory, 'production')
    assert.ok(
      !other.ok && other.error.includes('mode: development') && other.error.includes(directory),
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
})
