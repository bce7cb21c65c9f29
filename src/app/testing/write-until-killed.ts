import { aDraft } from '../../audit/testing/drafts.ts'
import { openStore } from '../open-store.ts'

// A process that commits without end and prints each record's id once it was acknowledged; the test
// that starts it kills it in the middle.
const [directory = '', start = '1'] = process.argv.slice(2)
const opened = await openStore({ directory, deployment: 'test' })
if (!opened.ok) throw new Error(opened.error.detail)
for (let number = Number(start); ; number += 8) {
  const drafts = Array.from({ length: 8 }, (_, i) => aDraft(number + i, { effect: 'withheld' }))
  const results = await Promise.all(drafts.map((draft) => opened.value.commit(draft, [], [])))
  process.stdout.write(
    results.map((result) => `${result.ok ? result.value.id : 'failed'}\n`).join(''),
  )
}
