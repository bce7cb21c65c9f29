import { formatProblem } from '../../app/config/config.ts'
import { openStore } from '../../app/open-store.ts'
import { blankDraft } from '../../core/blank-draft.ts'
import { DEFAULT_TENANT, type DecisionId } from '../../core/ids.ts'
import { EXIT } from '../exit-code.ts'
import { stateDirectory, type StateOptions } from '../state-directory.ts'
import { complain, type Terminal } from '../terminal.ts'
import { realWorld } from './up.ts'

/**
 * Goes on with a ledger that lost its end. Every token that was issued dies, because what was
 * revoked or used up since is not known any more (SECURITY 26); the ledger says that it happened.
 */
export async function recover(terminal: Terminal, options: StateOptions): Promise<number> {
  const directory = stateDirectory(options)
  if (!directory.ok) {
    for (const problem of directory.error) complain(terminal, formatProblem(problem))
    return EXIT.invalid
  }
  const opened = await openStore({
    directory: directory.value,
    deployment: 'reeve',
    acceptLostEnd: true,
  })
  if (!opened.ok) {
    complain(terminal, opened.error.detail)
    return EXIT.unexpected
  }
  const world = realWorld(terminal)
  const draft = blankDraft({
    id: world.newId() as DecisionId,
    at: world.clock.now(),
    tenant: DEFAULT_TENANT,
    surface: 'control',
    source: null,
  })
  const receipt = await opened.value.commit(
    {
      ...draft,
      type: 'ledger.recovered',
      effect: 'applied',
      principal: 'operator',
      action: 'ledger.recovered',
    },
    [{ kind: 'bump', epoch: { of: 'tenant' } }],
    [],
  )
  await opened.value.close()
  if (!receipt.ok) {
    complain(terminal, receipt.error.detail)
    return EXIT.unexpected
  }
  if (terminal.json) terminal.data(JSON.stringify({ record: receipt.value.index }))
  else
    terminal.data(
      `recovered: the ledger goes on at record ${receipt.value.index}, every token issued before is dead`,
    )
  return EXIT.ok
}
