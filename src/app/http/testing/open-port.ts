/** A listener of ours with a door that a test chooses, and a raw connection to it. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { epochMillis } from '../../../core/clock.ts'
import { DEFAULT_TENANT } from '../../../core/ids.ts'
import type { Handle, Reply } from '../../../core/path.ts'
import type { Reason } from '../../../core/reason.ts'
import { hostsOf } from '../guard.ts'
import { listen, type Listener } from '../listen.ts'

export type OpenPort = {
  readonly listener: Listener
  readonly refused: Reason[]
  readonly bugs: unknown[]
  /** Sends bytes as they are, and gives what came back until the other side closed, or for `ms`. */
  readonly raw: (text: string, ms?: number) => Promise<string>
  readonly socket: () => Promise<Socket>
}

export const textReply = (text: string, status = 200): Reply => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body: new TextEncoder().encode(text),
})

export async function openPort(handle: Handle, refuseForwarded = false): Promise<OpenPort> {
  const refused: Reason[] = []
  const bugs: unknown[] = []
  const listener = await listen({
    name: 'data',
    host: '127.0.0.1',
    port: 0,
    tenant: DEFAULT_TENANT,
    clock: { now: () => epochMillis(Date.now()) },
    guard: (at) => ({
      hosts: hostsOf(at, 'https://Reeve.example'),
      origins: new Set(),
      refuseForwarded,
    }),
    handle,
    refused: (_call, why) => {
      refused.push(why)
      return textReply(why.detail, 400)
    },
    onBug: (error) => void bugs.push(error),
  })
  if (!listener.ok) throw new Error(listener.error)
  const { port } = listener.value
  const socket = async (): Promise<Socket> => {
    const made = connect({ host: '127.0.0.1', port })
    made.on('error', () => {})
    await once(made, 'connect')
    return made
  }
  return {
    listener: listener.value,
    refused,
    bugs,
    socket,
    raw: async (text, ms = 2000) => {
      const made = await socket()
      let heard = ''
      made.on('data', (chunk) => (heard += chunk.toString('latin1')))
      made.write(text.replaceAll('HOST', `127.0.0.1:${port}`))
      const timer = setTimeout(() => made.destroy(), ms)
      await new Promise((resolve) => made.once('close', resolve))
      clearTimeout(timer)
      return heard
    },
  }
}
