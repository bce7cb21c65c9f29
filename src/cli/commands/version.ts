import { readFileSync } from 'node:fs'
import { EXIT } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'

/** Prints the version of this package. */
export function version(terminal: Terminal): Promise<number> {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const { version: number } = JSON.parse(text) as { version: string }
  terminal.data(terminal.json ? JSON.stringify({ version: number }) : number)
  return Promise.resolve(EXIT.ok)
}
