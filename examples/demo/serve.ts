/** Starts the parts of the demo on their usual ports and keeps them running: `npm start` runs this file. */
import { join } from 'node:path'
import { buildStage, ROOT, type StagePorts } from './stage.ts'

/** Moves every port, for a machine on which one of them is taken. */
const offset = Number(process.env['DEMO_PORT_OFFSET'] ?? 0)

const PORTS: StagePorts = {
  data: 8080 + offset,
  control: 8081 + offset,
  pdp: 3592 + offset,
  payments: 9101 + offset,
  tickets: 9102 + offset,
  crm: 9103 + offset,
  payroll: 9104 + offset,
  provider: 9201 + offset,
}

// Whoever reads our output may stop; the parts are still ended in order.
process.stdout.on('error', () => {})
const say = (line: string): void => void process.stdout.write(`${line}\n`)

try {
  const stage = await buildStage(PORTS, join(ROOT, '.reeve/development'), false)
  say(`Reeve is running with the demo configuration (examples/demo/reeve.yaml).

  agents connect to     ${stage.reeveUrl}   /issue  /token  /mcp/<server>  /v1/…
  the decision API      http://127.0.0.1:${PORTS.pdp}   /api/check/resources
  behind it             MCP servers payments, tickets, crm, payroll; a mock model provider

Ask for a token and call a tool, in another terminal:

  TOKEN=$(curl -s ${stage.reeveUrl}/issue -H 'content-type: application/json' \\
    -d '{"tool":"payments","sponsor_id":"alice","ttl":300}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
  curl -s ${stage.reeveUrl}/mcp/payments -H "authorization: Bearer $TOKEN" \\
    -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' \\
    -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"refund","arguments":{"order":"T-77","amount":9000}}}'
  ./bin/reeve why last

Ctrl-C stops everything.`)
  let ending = false
  const end = (): void => {
    ending = true
    say('\nstopping')
    void stage.close().then(() => process.exit(0))
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  stage.reeve.process.once('exit', (code) => {
    if (ending) return
    process.stderr.write(`reeve ended with ${code}\n`)
    process.exit(1)
  })
} catch (error) {
  const why = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${why}\n`)
  if (/taken|in use/.test(why))
    process.stderr.write(
      'to move every port of the demo by 1000: DEMO_PORT_OFFSET=1000 npm start\n',
    )
  process.exitCode = 1
}
