import { EXIT } from '../exit-code.ts'
import { formatProblem } from '../../app/config/config.ts'
import { callControl } from '../control-client.ts'
import { stateDirectory, type StateOptions } from '../state-directory.ts'
import { complain, type Terminal } from '../terminal.ts'

/** Asks the running server to change the state of a sponsor or an agent. Exit 7 when none runs. */
export async function lifecycle(
  terminal: Terminal,
  options: StateOptions,
  change: { readonly noun: 'sponsor' | 'agent'; readonly verb: string; readonly id: string },
): Promise<number> {
  const { noun, verb, id } = change
  const directory = stateDirectory(options)
  if (!directory.ok) {
    for (const problem of directory.error) complain(terminal, formatProblem(problem))
    return EXIT.invalid
  }
  const path = `/${noun}s/${encodeURIComponent(id)}:${verb}`
  const answer = await callControl(directory.value, 'POST', path)
  if (!answer.ok) {
    complain(terminal, answer.error, 'start it with `reeve up`')
    return EXIT.unreachable
  }
  const { status, body } = answer.value
  if (terminal.json) terminal.data(JSON.stringify(body))
  if (status === 200) {
    if (!terminal.json) terminal.data(`${noun} ${id}: ${PAST[verb] ?? verb}, from the next call on`)
    return EXIT.ok
  }
  const detail =
    typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : 'refused'
  complain(terminal, status === 404 ? `there is no ${noun} \`${id}\`` : detail)
  return status === 404 ? EXIT.usage : EXIT.unexpected
}

const PAST: Readonly<Record<string, string>> = {
  suspend: 'suspended',
  reactivate: 'reactivated',
  stop: 'stopped',
  start: 'started',
}
