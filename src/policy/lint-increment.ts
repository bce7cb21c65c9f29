import { openSourceFile } from './diagnostic.ts'
import type { LintWarning } from './lint-warning.ts'
import { warningAt } from './lint-warning.ts'
import type { PolicyFile } from './load-policies.ts'
import { readYaml } from './read-yaml.ts'
import type { YamlEntry, YamlNode } from './yaml-node.ts'

/**
 * Rules of the short form whose `rollout.increment` is legal and has no effect: nothing advances a
 * rollout, so its `percent` holds as written. The long form refuses the field.
 */
export function lintIncrement(files: readonly PolicyFile[]): readonly LintWarning[] {
  return files.flatMap(({ path, text }) => {
    // Only such a file costs a second reading.
    if (!text.includes('increment')) return []
    const file = openSourceFile(path, text)
    const root = readYaml(file)
    if (root === null || entryOf(root, 'apiVersion') !== undefined) return []
    const rules = entryOf(root, 'rules')?.value
    const items = rules?.kind === 'list' ? rules.items : []
    return items.flatMap((rule) => {
      const rollout = entryOf(rule, 'rollout')?.value
      const increment = rollout === undefined ? undefined : entryOf(rollout, 'increment')
      if (increment === undefined) return []
      const message = '`increment` is not advanced yet: the rollout stays at its `percent`'
      const hint = 'raise `percent` by hand when more are to follow'
      return [warningAt(file, increment.keyAt, { code: 'increment_idle', message, hint })]
    })
  })
}

const entryOf = (node: YamlNode, key: string): YamlEntry | undefined =>
  node.kind === 'map' ? node.entries.get(key) : undefined
