import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** The measured server runs alone on one core; whatever asks it, and what it asks, on the other. */
export const SERVER_CORE = '0'
export const LOAD_CORE = '1'

/** Progress is for people; results go to stdout. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** A command that may run on one core only. */
export const pinned = (
  core: string,
  command: string,
  args: readonly string[],
): [string, string[]] =>
  has('taskset') ? ['taskset', ['-c', core, command, ...args]] : [command, [...args]]

export function has(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Median of some runs, with the least and the greatest: one number alone says nothing here. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number }

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right)
  return {
    median: sorted[sorted.length >> 1] ?? Number.NaN,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  }
}

export const percentile = (sorted: Float64Array, part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN

/** Three digits say all that a shared machine can tell. */
export const digits = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))

export const shown = ({ median, min, max }: Spread): string =>
  `${digits(median)} (${digits(min)}–${digits(max)})`

/** CPU time used so far, in microseconds: of a process with its children, and of its main thread. */
export type CpuTime = { readonly all: number; readonly mainThread: number }

export const cpuTime = (pid: number): CpuTime => ({
  all: treeOf(pid).reduce((sum, one) => sum + processTime(one), 0),
  mainThread: threadTime(pid, String(pid)),
})

function processTime(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.reduce((sum, thread) => sum + threadTime(pid, thread), 0)
  } catch {
    return 0
  }
}

/** As the scheduler counts it, in nanoseconds: the ticks of `stat` misjudge what wakes up with the clock. */
function threadTime(pid: number, thread: string): number {
  try {
    const [running = ''] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    return Number(running) / 1e3
  } catch {
    return 0
  }
}

function treeOf(pid: number): readonly number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
    )
    return [pid, ...children.flatMap((child) => treeOf(Number(child)))]
  } catch {
    return [pid]
  }
}

/** Waits for a moment in which nothing else runs, for a while; then measures all the same. */
export async function quiet(waitMsMax = 3_000): Promise<void> {
  for (let waited = 0; waited < waitMsMax; waited += 300) {
    const before = idleShare()
    await pause(300)
    const after = idleShare()
    if ((after.idle - before.idle) / (after.all - before.all) > 0.92) return
  }
}

function idleShare(): { readonly idle: number; readonly all: number } {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  const fields = line.split(/\s+/).slice(1).map(Number)
  return {
    idle: (fields[3] ?? 0) + (fields[4] ?? 0),
    all: fields.reduce((sum, field) => sum + field, 0),
  }
}

/** Resident memory of a process in MiB. */
export const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
