import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Result } from '../core/result.ts'

/** What a running server leaves in its state directory so that commands find it. */
export type RunningServer = { readonly control: string; readonly pid: number }

export type ControlAnswer = { readonly status: number; readonly body: unknown }

/** Longer than any control-plane request takes; a server that hangs is told apart from one that works. */
const TIMEOUT_MS = 10_000

/**
 * Calls the control plane of the server that owns a state directory, with the operator's credential
 * from its 0600 file. Fails with a sentence when no server answers there.
 */
export async function callControl(
  directory: string,
  method: 'GET' | 'POST',
  path: string,
  body: Readonly<Record<string, unknown>> = {},
): Promise<Result<ControlAnswer, string>> {
  let running: RunningServer
  let credential: string
  try {
    running = JSON.parse(readFileSync(join(directory, 'server.json'), 'utf8')) as RunningServer
    credential = readFileSync(join(directory, 'operator-credential'), 'utf8').trim()
  } catch {
    return fail(`no server is running on ${directory}`)
  }
  if (!isAlive(running.pid))
    return fail(`no server is running on ${directory}; the last one was killed`)
  try {
    const response = await fetch(`${running.control}${path}`, {
      method,
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    return ok({ status: response.status, body: text === '' ? null : JSON.parse(text) })
  } catch {
    return fail(`the server at ${running.control} does not answer`)
  }
}

/**
 * A killed server leaves its address behind, and its port to whoever comes next: the credential
 * goes only where a process of this user still runs under that id.
 */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
