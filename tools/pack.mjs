/**
 * Around `npm pack`: `strip` takes the Node binaries out of the manifest, so that who installs the
 * package does not download them, and `restore` puts the file back.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const MANIFEST = join(ROOT, 'package.json')
const KEPT = join(ROOT, '.cache', 'package.json')

function strip() {
  restore()
  const text = readFileSync(MANIFEST, 'utf8')
  mkdirSync(dirname(KEPT), { recursive: true })
  writeFileSync(KEPT, text)
  const manifest = JSON.parse(text)
  for (const name of Object.keys(manifest.optionalDependencies)) {
    if (name.startsWith('node-')) delete manifest.optionalDependencies[name]
  }
  delete manifest.devDependencies
  delete manifest.scripts
  // npm runs `postpack` from the manifest that it read before, so the scripts may go.
  writeFileSync(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`)
}

/** Also what a pack that was killed left behind. */
function restore() {
  if (existsSync(KEPT)) renameSync(KEPT, MANIFEST)
}

if (process.argv[2] === 'strip') strip()
else if (process.argv[2] === 'restore') restore()
else throw new Error('usage: node tools/pack.mjs strip|restore')
