import picocolors from 'picocolors'

/** Where a command writes: data on stdout, talk on stderr; colours only where they are seen. */
export type Terminal = {
  readonly data: (line: string) => void
  readonly talk: (line: string) => void
  readonly colors: ReturnType<typeof picocolors.createColors>
  readonly json: boolean
}

/** What a process gives to the terminal; tests hand in their own. */
export type TerminalStreams = {
  readonly stdout: { write: (text: string) => unknown; isTTY?: boolean }
  readonly stderr: { write: (text: string) => unknown; isTTY?: boolean }
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** `NO_COLOR` switches colours off (no-color.org), and so does a stream that is no terminal. */
export function createTerminal(streams: TerminalStreams, json: boolean): Terminal {
  const colored = streams.stdout.isTTY === true && (streams.environment['NO_COLOR'] ?? '') === ''
  return {
    data: (line) => void streams.stdout.write(`${line}\n`),
    talk: (line) => void streams.stderr.write(`${line}\n`),
    colors: picocolors.createColors(colored),
    json,
  }
}

/** An error as every command prints it: what, and how to fix it. */
export function complain(terminal: Terminal, what: string, hint: string | null = null): void {
  terminal.talk(`reeve: ${what}`)
  if (hint !== null) terminal.talk(`  ${hint}`)
}
