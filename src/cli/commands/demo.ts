import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../exit-code.ts'
import { complain, type Terminal } from '../terminal.ts'

/**
 * Plays the demo, or with `--serve` keeps its parts running. Its MCP servers and clients are a
 * private package of the clone, so that the product itself stays small.
 */
export function demo(terminal: Terminal, options: { readonly serve?: boolean }): Promise<number> {
  const folder = new URL('../../../examples/demo/', import.meta.url)
  if (!existsSync(new URL('story.ts', folder))) {
    complain(terminal, 'the demo is part of a clone, not of the installed package')
    return Promise.resolve(EXIT.usage)
  }
  if (!existsSync(new URL('node_modules', folder))) {
    complain(
      terminal,
      'the parts of the demo are not installed',
      'run `npm ci --prefix examples/demo`',
    )
    return Promise.resolve(EXIT.unexpected)
  }
  const script = fileURLToPath(new URL(options.serve === true ? 'serve.ts' : 'story.ts', folder))
  const child = spawn(process.execPath, [script, ...(terminal.json ? ['--json'] : [])], {
    stdio: 'inherit',
  })
  // The terminal sends Ctrl-C to both; the child ends first and tells its code.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? EXIT.unexpected)))
}
