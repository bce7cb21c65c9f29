/**
 * The story of the demo, on real parts: `reeve demo` runs this file. Every step says what happened
 * and what Reeve decided; a step that does not go as told ends the story with exit code 1.
 */
import { join, relative } from 'node:path'
import { act, type Scene, type StepResult } from './scenes.ts'
import { anyPorts, buildStage, ROOT, type Stage } from './stage.ts'

const json = process.argv.includes('--json')
const colors = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === ''
const paint = (code: number) => (text: string) =>
  colors ? `\u001b[${code}m${text}\u001b[0m` : text
const [bold, dim, red, green] = [paint(1), paint(2), paint(31), paint(32)] as const

/** Its own place, so that every telling begins with an empty ledger. */
const state = process.env['REEVE_DEMO_STATE'] ?? join(ROOT, '.reeve/demo')
const shown = relative(process.cwd(), state) || '.'
const steps: StepResult[] = []

// Who closed our output has seen enough; the story still ends in order.
process.stdout.on('error', () => {})

function tell(step: StepResult): void {
  steps.push(step)
  if (json) return
  const mark =
    step.decision === null ? '     ' : step.decision === 'allow' ? green('allow') : red('deny ')
  process.stdout.write(`${dim(String(steps.length).padStart(2))}  ${mark}  ${step.title}\n`)
  for (const line of step.lines) process.stdout.write(`           ${dim(line)}\n`)
  if (!step.ok) process.stdout.write(`           ${red('this is not how the story goes')}\n`)
}

async function play(stage: Stage): Promise<boolean> {
  const scene: Scene = { stage, tell, tokens: {} }
  for (const step of act) {
    const before = steps.length
    await step(scene)
    if (steps.slice(before).some(({ ok }) => !ok)) return false
  }
  return true
}

function finish(went: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ ok: went, state, steps }, null, 2)}\n`)
    return
  }
  if (!went) return
  process.stdout.write(`\n${bold('Try next')}\n`)
  const tries = [
    [`./bin/reeve why last --state ${shown}`, 'who asked, what was decided, by which rule'],
    [`./bin/reeve audit tail --state ${shown}`, 'the chain of custody, record by record'],
    ['npm start', 'the same parts, running, for your own calls'],
  ] as const
  for (const [command, what] of tries)
    process.stdout.write(`  ${command.padEnd(44)} ${dim(what)}\n`)
}

if (!json)
  process.stdout.write(
    `${bold('Alice is a tier-1 support agent. Dana answers for her AI agents.')}\n\n`,
  )
let stage: Stage | null = null
let went = false
try {
  stage = await buildStage(await anyPorts(), state, true)
  went = await play(stage)
} catch (error) {
  process.stderr.write(`reeve demo: ${error instanceof Error ? error.message : String(error)}\n`)
} finally {
  await stage?.close()
}
finish(went)
process.exitCode = went ? 0 : 1
