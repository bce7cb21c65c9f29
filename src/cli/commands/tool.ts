import type { ToolReview } from '../../admin/control-plane.ts'
import { formatProblem } from '../../app/config/config.ts'
import { callControl, type ControlAnswer } from '../control-client.ts'
import { EXIT } from '../exit-code.ts'
import { stateDirectory, type StateOptions } from '../state-directory.ts'
import { complain, type Terminal } from '../terminal.ts'

export type ToolOptions = StateOptions & { readonly digest?: string }

/**
 * Shows a tool's definition as its server gives it now, or accepts it: by the digest that `show`
 * printed, so that what counts again is what somebody looked at. Exit 7 when no server runs.
 */
export async function tool(
  terminal: Terminal,
  options: ToolOptions,
  verb: 'show' | 'accept',
  server: string,
  name: string,
): Promise<number> {
  const directory = stateDirectory(options)
  if (!directory.ok) {
    for (const problem of directory.error) complain(terminal, formatProblem(problem))
    return EXIT.invalid
  }
  const path = `/servers/${encodeURIComponent(server)}/tools/${encodeURIComponent(name)}`
  const answer =
    verb === 'show'
      ? await callControl(directory.value, 'GET', path)
      : await callControl(directory.value, 'POST', `${path}:accept`, { digest: options.digest })
  if (!answer.ok) {
    complain(terminal, answer.error, 'start it with `reeve up`')
    return EXIT.unreachable
  }
  return tell(terminal, answer.value, verb, `${server}/${name}`)
}

function tell(
  terminal: Terminal,
  { status, body }: ControlAnswer,
  verb: 'show' | 'accept',
  tool_: string,
): number {
  if (terminal.json) terminal.data(JSON.stringify(body))
  if (status === 200) {
    if (!terminal.json && verb === 'show') show(terminal, body as ToolReview)
    if (!terminal.json && verb === 'accept') terminal.data(`${tool_}: this definition counts now`)
    return EXIT.ok
  }
  if (status === 404) complain(terminal, `there is no tool \`${tool_}\``)
  else if (status === 409)
    complain(
      terminal,
      'the tool has another definition by now',
      'look at it again with `reeve tool show`',
    )
  else complain(terminal, 'refused')
  return status === 404 ? EXIT.usage : EXIT.unexpected
}

function show({ data, talk, colors }: Terminal, review: ToolReview): void {
  data(JSON.stringify(review.definition, null, 2))
  const { digest, pinned } = review
  if (pinned === null) talk('not seen by any agent yet: it is pinned at its first use')
  else if (pinned === digest) talk(colors.green('this is the accepted definition'))
  else talk(`${colors.red('changed')}: accept it with --digest ${digest}`)
}
