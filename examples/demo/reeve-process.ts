import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MAIN = join(ROOT, 'src/cli/main.ts')
const START_TIMEOUT_MS = 20_000

/** A running `reeve up`, as a process of its own. */
export type ReeveProcess = {
  readonly process: ChildProcess
  /** Sends SIGTERM and waits for the end. */
  readonly stop: () => Promise<void>
}

/** Starts `reeve up` and waits until it says that it is ready. */
export function startReeve(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ReeveProcess> {
  const child = spawn(process.execPath, [MAIN, 'up', ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let talk = ''
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`reeve up was not ready in ${START_TIMEOUT_MS / 1000} s:\n${talk}`))
    }, START_TIMEOUT_MS)
    let ready = false
    const hear = (chunk: Buffer): void => {
      // What Reeve says once it runs is for the person who watches.
      if (ready) return void process.stderr.write(chunk)
      talk += chunk.toString('utf8')
      if (!/^ready\b/m.test(talk)) return
      ready = true
      clearTimeout(timer)
      resolve({ process: child, stop: () => stop(child) })
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`reeve up ended with ${code}:\n${talk}`))
    })
  })
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve()
  child.stdout?.removeAllListeners('data')
  child.stderr?.removeAllListeners('data')
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

export type CommandResult = {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs another `reeve` command to its end. */
export function runReeve(args: readonly string[]): CommandResult {
  const ran = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: 60_000 })
  return { code: ran.status ?? 1, stdout: ran.stdout, stderr: ran.stderr }
}

/** The operator's credential, from the 0600 file that the server wrote. */
export const operatorCredential = (stateDirectory: string): string =>
  readFileSync(join(stateDirectory, 'operator-credential'), 'utf8').trim()
