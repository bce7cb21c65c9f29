import type { Receipt } from '../core/record.ts'
import type { Reason } from '../core/reason.ts'
import type { Result } from '../core/result.ts'
import type { CommitGroup } from './sqlite/commit-group.ts'
import type { RegistrySeed } from './sqlite/seed-registry.ts'
import type { Answer, Request } from './wire.ts'

/** Entries of one transaction: more no longer go faster, and every one waits for the last. */
export const GROUP_ENTRIES_MAX: number = 256

export type WriterDeps = {
  readonly commitGroup: CommitGroup
  readonly seed: (seed: RegistrySeed) => Result<null, Reason>
  readonly post: (text: string) => void
  /** Runs a function when the messages that are there already were delivered. */
  readonly defer: (run: () => void) => void
  readonly close: () => void
}

/**
 * The writer's side of the wire: takes messages, and commits what has gathered as one group. Idle,
 * a group is one entry and goes at once; under load it is what came in during the last commit.
 */
export function createWriter(deps: WriterDeps): (message: string) => void {
  let waiting: Request[] = []
  let scheduled = false

  const flush = (): void => {
    scheduled = false
    const batch = waiting.slice(0, GROUP_ENTRIES_MAX)
    waiting = waiting.slice(GROUP_ENTRIES_MAX)
    deps.post(JSON.stringify(answer(deps, batch)))
    schedule()
  }
  const schedule = (): void => {
    if (scheduled || waiting.length === 0) return
    scheduled = true
    deps.defer(flush)
  }
  return (message) => {
    for (const request of JSON.parse(message) as Request[]) waiting.push(request)
    schedule()
  }
}

type CommitRequest = Extract<Request, readonly [number, 'commit', ...unknown[]]>

function answer(deps: WriterDeps, batch: readonly Request[]): readonly Answer[] {
  const commits = batch.filter((request): request is CommitRequest => request[1] === 'commit')
  const entries = commits.map(([, , draft, changes, preconditions]) => ({
    draft,
    changes,
    preconditions,
  }))
  const results = entries.length === 0 ? [] : deps.commitGroup(entries)
  const answers = commits.map(([number], i) => receiptAnswer(number, results[i]))
  for (const request of batch) {
    if (request[1] === 'seed') answers.push(doneAnswer(request[0], deps.seed(request[2])))
    if (request[1] === 'close') {
      deps.close()
      answers.push([request[0], 'done'])
    }
  }
  return answers
}

function receiptAnswer(number: number, result: Result<Receipt, Reason> | undefined): Answer {
  if (result === undefined) return [number, 'failed', 'evidence_unavailable', 'no answer']
  if (!result.ok) return [number, 'failed', result.error.code, result.error.detail]
  return [number, 'receipt', result.value.index, result.value.leaf, result.value.at]
}

const doneAnswer = (number: number, result: Result<null, Reason>): Answer =>
  result.ok ? [number, 'done'] : [number, 'failed', result.error.code, result.error.detail]
