import { formatProblem } from '../../app/config/config.ts'
import type { Probe } from '../../admin/control-plane.ts'
import { callControl } from '../control-client.ts'
import { EXIT } from '../exit-code.ts'
import { stateDirectory, type StateOptions } from '../state-directory.ts'
import { complain, type Terminal } from '../terminal.ts'

/** Prints the live checks of a running server, one a line. Exit 1 when one fails, 7 when none runs. */
export async function readiness(terminal: Terminal, options: StateOptions): Promise<number> {
  const directory = stateDirectory(options)
  if (!directory.ok) {
    for (const problem of directory.error) complain(terminal, formatProblem(problem))
    return EXIT.invalid
  }
  const answer = await callControl(directory.value, 'GET', '/readiness')
  if (!answer.ok) {
    complain(terminal, answer.error, 'start it with `reeve up`')
    return EXIT.unreachable
  }
  const body = answer.value.body as { ready: boolean; probes?: readonly Probe[]; detail?: string }
  if (terminal.json) terminal.data(JSON.stringify(body))
  else for (const probe of body.probes ?? []) terminal.data(lineOf(terminal, probe))
  if (body.probes === undefined) complain(terminal, body.detail ?? 'the server refused')
  return body.ready ? EXIT.ok : EXIT.unexpected
}

function lineOf({ colors }: Terminal, probe: Probe): string {
  const marks = {
    pass: colors.green('pass'),
    warn: colors.yellow('warn'),
    fail: colors.red('fail'),
  }
  return `${marks[probe.status]}  ${probe.name.padEnd(24)} ${probe.detail}`
}
