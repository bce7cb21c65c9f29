import { randomBytes } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { epochMillis } from '../core/clock.ts'
import { createNewId } from '../core/ids.ts'
import { invariant } from '../core/bug.ts'
import { startWriter, type WriterOptions } from '../store/start-writer.ts'
import type { Greeting } from '../store/wire.ts'
import { createRandomPool } from '../store/random-pool.ts'

// The writer's thread: it alone has the connection that writes.
const port = parentPort
invariant(port !== null, 'the store worker runs as a worker')
const pool = createRandomPool((length) => randomBytes(length))
const now = () => epochMillis(Date.now())
const started = startWriter(
  {
    randomBytes: pool,
    newId: createNewId({ now, randomBytes: pool }),
    now,
    post: (text) => port.postMessage(text),
    defer: setImmediate,
  },
  workerData as WriterOptions,
)
if (started.ok) port.on('message', started.value)
const greeting: Greeting = started.ok
  ? { kind: 'ready' }
  : { kind: 'unable', detail: started.error.detail }
port.postMessage(greeting)
