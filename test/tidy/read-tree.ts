import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A file of the repository, by its path from the root with forward slashes. */
export type TreeFile = { readonly path: string; readonly text: string }

/** What .gitignore names, and what no check reads. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', '.cache', '.reeve', 'dist', 'node_modules'])
const BINARY = /\.(?:tgz|png|jpg|ico|woff2|parquet|db|wasm)$/

/** Every text file of the repository, in a fixed order. */
export function readTree(root: string, folder = ''): readonly TreeFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !LEFT_OUT.has(entry.name) && !BINARY.test(entry.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) return readTree(root, path)
      return entry.isFile() ? [{ path, text: readFileSync(join(root, path), 'utf8') }] : []
    })
}
