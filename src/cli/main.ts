import { Command, Option } from 'commander'
import { EXIT } from './exit-code.ts'
import { createTerminal, type Terminal } from './terminal.ts'

/** Runs one command and gives its exit code. Commands are loaded only when they are called. */
type Run<Options> = (terminal: Terminal, options: Options, ...args: string[]) => Promise<number>

function program(): Command {
  const reeve = new Command('reeve')
    .description('Authorization for AI agents and the gateways they go through.')
    .option('--json', 'print data as JSON, for programs')
    .addHelpText('after', '\nStart with `reeve demo`, then `reeve init` and `reeve up`.')
    .showSuggestionAfterError()
    .exitOverride()

  const state = new Option(
    '--state <dir>',
    'the state directory (default: found through reeve.yaml)',
  )
  const config = new Option('-c, --config <file>', 'the configuration file').default('reeve.yaml')

  reeve
    .command('up')
    .description('start the gateway, the token service and the decision API')
    .addOption(config)
    .option('--listen-data <host:port>', 'where agents connect')
    .option('--listen-control <host:port>', 'where people and commands connect')
    .option('--listen-pdp <host:port>', 'where enforcement points connect')
    .action(run(async () => (await import('./commands/up.ts')).up))

  reeve
    .command('init')
    .description('write reeve.yaml, example policies and a readiness checklist')
    .argument('[dir]', 'where to', '.')
    .action(run(async () => (await import('./commands/init.ts')).init))

  reeve
    .command('demo')
    .description('play the story: an agent asks for too much, is told why, and does what it may')
    .option('--serve', 'start the parts of the demo and keep them running instead')
    .action(run(async () => (await import('./commands/demo.ts')).demo))

  reeve
    .command('why')
    .description('say who asked what, what was decided, by which rule, and what would change it')
    .argument('<decision>', 'a decision id, or `last`')
    .addOption(state)
    .action(run(async () => (await import('./commands/why.ts')).why))

  policies(reeve)
  reeve
    .command('explain')
    .description('make a recorded decision again, with every rule and the values it met')
    .argument('<decision>', 'a decision id, or `last`')
    .addOption(state)
    .addOption(config)
    .action(run(async () => (await import('./commands/explain.ts')).explainDecision))

  reeve
    .command('recover')
    .description('go on with a ledger that lost its end; every token issued before dies')
    .addOption(state)
    .action(run(async () => (await import('./commands/recover.ts')).recover))

  audit(reeve, state)
  people(reeve, state)
  tools(reeve, state)

  reeve
    .command('readiness')
    .description('check a running server, one live probe a line')
    .addOption(state)
    .action(run(async () => (await import('./commands/readiness.ts')).readiness))

  reeve
    .command('version')
    .description('print the version')
    .action(run(async () => (await import('./commands/version.ts')).version))
  return reeve
}

function policies(reeve: Command): void {
  const tested = (command: Command): Command =>
    command
      .argument('[dir]', 'where the policies are', '.')
      .option('--filter <filter>', "run a part: 'suite=…;test=…;principal=…;resource=…;action=…'")
      .option('--output <form>', 'tree, list, json or junit')
      .option('--verbose', 'show and explain every check')
      .option('--cerbos', 'evaluate as Cerbos does by default, and say what strict would change')
      .option('--ignore-schemas', 'let attributes pass that their schemas refuse')
      .option('--coverage', 'say which rules and conditions the tests leave open')
      .option('--coverage-min <percent>', 'fail below this coverage of branches')
  tested(reeve.command('test').description('run the policy tests (*_test.yaml)'))
    .option('--watch', 'run again at each change')
    .action(run(async () => (await import('./commands/test.ts')).test))
  tested(reeve.command('compile').description('compile policies to a release and run their tests'))
    .option('--skip-tests', 'only compile')
    .action(run(async () => (await import('./commands/compile.ts')).compile))
  reeve
    .command('validate')
    .description('say everything that is wrong with policies, tests and configuration')
    .argument('[paths...]', 'directories or files (default: this one)')
    .action(run(async () => (await import('./commands/validate.ts')).validate))
  reeve
    .command('lint')
    .description('find rules and conditions that do nothing, and names that nobody has')
    .argument('[dir]', 'where the policies are', '.')
    .option('--deny-warnings', 'exit with 3 when there is a warning')
    .action(run(async () => (await import('./commands/lint.ts')).lint))
  reeve
    .command('fmt')
    .description('lay policy and test files out in their one form')
    .argument('[paths...]', 'directories or files (default: this one)')
    .option('--check', 'write nothing, and exit with 3 when a file would change')
    .action(run(async () => (await import('./commands/fmt.ts')).fmt))
}

function audit(reeve: Command, state: Option): void {
  const command = reeve.command('audit').description('read and verify the ledger')
  command
    .command('tail')
    .description('print the newest records')
    .option('-n, --lines <count>', 'how many', '20')
    .addOption(state)
    .action(run(async () => (await import('./commands/audit-tail.ts')).auditTail))
  command
    .command('verify')
    .description('recompute the whole ledger and compare it with its signed checkpoint')
    .option('--checkpoint <file>', 'a checkpoint kept elsewhere, to anchor the ledger to')
    .option('--require-anchor', 'exit with 20 when there is no anchor')
    .addOption(state)
    .action(run(async () => (await import('./commands/audit-verify.ts')).auditVerify))
  command
    .command('checkpoint')
    .description('print the newest signed checkpoint, to be kept elsewhere')
    .addOption(state)
    .action(run(async () => (await import('./commands/audit-checkpoint.ts')).auditCheckpoint))
}

function people(reeve: Command, state: Option): void {
  const change =
    (noun: 'sponsor' | 'agent', verb: string) =>
    async (): Promise<Run<{ readonly state?: string }>> => {
      const { lifecycle } = await import('./commands/lifecycle.ts')
      return (terminal, options, id = '') => lifecycle(terminal, options, { noun, verb, id })
    }
  const sponsor = reeve.command('sponsor').description('change the state of a sponsor')
  sponsor
    .command('suspend')
    .description('stop everything that this person answers for, at the next call')
    .argument('<id>')
    .addOption(state)
    .action(run(change('sponsor', 'suspend')))
  sponsor
    .command('reactivate')
    .description('let agents of this sponsor get new tokens; old ones stay dead')
    .argument('<id>')
    .addOption(state)
    .action(run(change('sponsor', 'reactivate')))
  const agent = reeve.command('agent').description('change the state of an agent')
  agent
    .command('stop')
    .description('stop every instance of an agent, at the next call')
    .argument('<id>')
    .addOption(state)
    .action(run(change('agent', 'stop')))
  agent
    .command('start')
    .description('let a stopped agent get new tokens; old ones stay dead')
    .argument('<id>')
    .addOption(state)
    .action(run(change('agent', 'start')))
}

function tools(reeve: Command, state: Option): void {
  const of =
    (verb: 'show' | 'accept') => async (): Promise<Run<{ state?: string; digest?: string }>> => {
      const { tool } = await import('./commands/tool.ts')
      return (terminal, options, server = '', name = '') =>
        tool(terminal, options, verb, server, name)
    }
  const command = reeve.command('tool').description('review the definitions of tools')
  command
    .command('show')
    .description(
      'print a definition as the server gives it now, and whether it is the accepted one',
    )
    .argument('<server>')
    .argument('<tool>')
    .addOption(state)
    .action(run(of('show')))
  command
    .command('accept')
    .description('let a changed definition count again')
    .argument('<server>')
    .argument('<tool>')
    .requiredOption(
      '--digest <digest>',
      'the definition that you looked at, as `tool show` printed it',
    )
    .addOption(state)
    .action(run(of('accept')))
}

/** Adapts a command to commander: arguments first there, options last and the command itself behind them. */
function run<Options extends object>(load: () => Promise<Run<Options>>) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command
    const options = command.opts<Options>()
    const args = command.processedArgs.flat().map(String)
    const json = command.optsWithGlobals<{ json?: boolean }>().json === true
    const terminal = createTerminal(
      { stdout: process.stdout, stderr: process.stderr, environment: process.env },
      json,
    )
    const action = await load()
    const code = await action(terminal, options, ...args)
    process.exitCode = code === EXIT.ok ? (process.exitCode ?? code) : code
  }
}

// Who closed the pipe has read enough; a disk that is full has not. What was found stands either way.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  process.stderr.write(`reeve: the output cannot be written: ${error.message}\n`)
  process.exitCode = process.exitCode || EXIT.unexpected
})

try {
  await program().parseAsync(process.argv)
} catch (error) {
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')) {
    const helped = 'exitCode' in error && error.exitCode === 0
    process.exitCode = helped ? EXIT.ok : EXIT.usage
  } else {
    process.stderr.write(
      `reeve: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown error'}\n`,
    )
    process.exitCode = EXIT.unexpected
  }
}
