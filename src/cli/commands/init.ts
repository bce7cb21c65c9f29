import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { EXIT } from '../exit-code.ts'
import { complain, type Terminal } from '../terminal.ts'
import { SCAFFOLD } from '../scaffold.ts'

/** Writes a configuration to begin with. Never overwrites: what is there already stays, and is named. */
export function init(terminal: Terminal, _options: object, directory: string): Promise<number> {
  const base = resolve(directory)
  const written: string[] = []
  const kept: string[] = []
  try {
    for (const [name, text] of [...Object.entries(SCAFFOLD), ...schemas()]) {
      const path = join(base, name)
      if (existsSync(path)) {
        kept.push(name)
        continue
      }
      // Keys and the operator's credential will lie below `.reeve`.
      const mode = name.startsWith('.reeve') ? { mode: 0o700 } : {}
      mkdirSync(dirname(path), { recursive: true, ...mode })
      writeFileSync(path, text)
      written.push(name)
    }
  } catch (error) {
    complain(terminal, error instanceof Error ? error.message : 'the files cannot be written')
    return Promise.resolve(EXIT.unexpected)
  }
  if (terminal.json) terminal.data(JSON.stringify({ directory: base, written, kept }))
  else {
    for (const name of written) terminal.data(`${terminal.colors.green('wrote')}  ${name}`)
    for (const name of kept) terminal.data(`${terminal.colors.dim('kept ')}  ${name}`)
    const where = directory === '.' ? '' : `cd ${directory} && `
    terminal.talk(`\nNext: ${where}reeve up, then reeve readiness in another terminal.`)
  }
  return Promise.resolve(EXIT.ok)
}

/** The schemas that editors complete and check the files with. */
function schemas(): readonly (readonly [string, string])[] {
  const folder = new URL('../../../schema/', import.meta.url)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.schema.json'))
    .map(
      (name) => [join('.reeve/schema', name), readFileSync(new URL(name, folder), 'utf8')] as const,
    )
}
