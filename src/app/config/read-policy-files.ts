import type { PolicyFile, PolicySource } from './config.ts'
import type { ConfigSources } from './config-sources.ts'

/** The texts that a release is made of. */
export type PolicyTexts = {
  readonly files: readonly PolicyFile[]
  /** The files below `_schemas/`. */
  readonly schemas: readonly PolicyFile[]
}

/** Policy files below a directory; more is a mistaken path. */
const POLICY_FILES_MAX = 50_000

export type ReportPolicies = (
  about: 'directory' | 'policies',
  message: string,
  hint: string | null,
) => void

/** Reads all policies and schemas of a source; what cannot be read is reported, never left out. */
export function readPolicyFiles(
  sources: ConfigSources,
  source: PolicySource,
  report: ReportPolicies,
): PolicyTexts {
  const { directory, shortForm } = source
  const found = directory === null ? [] : sources.listPolicies(directory)
  if (found === null)
    report(
      'directory',
      `the policy directory \`${directory}\` does not exist`,
      'create it, or correct its path',
    )
  if (found !== null && found.length > POLICY_FILES_MAX) {
    report(
      'directory',
      `there are more than ${POLICY_FILES_MAX} policy files in \`${directory}\``,
      'name the directory that holds only policies',
    )
    return { files: [], schemas: [] }
  }
  const paths = [...(found ?? [])]
  if (shortForm !== null && !paths.includes(shortForm) && sources.readFile(shortForm) !== null)
    paths.push(shortForm)
  const short = paths.filter((path) => path.endsWith(`/${SHORT_FORM}`))
  if (short.length > 1)
    report(
      'policies',
      `the short form stands in ${short.join(' and in ')}`,
      'a section stands in one place: remove one of the two',
    )
  const schemas = directory === null ? [] : sources.listSchemas(directory)
  const read = (path: string): readonly PolicyFile[] => {
    const text = sources.readFile(path)
    // A deny rule that is not read is a deny rule that does not hold.
    if (text === null) report('policies', `the policy file \`${path}\` does not exist`, null)
    return text === null ? [] : [{ path, text }]
  }
  return { files: paths.flatMap(read), schemas: schemas.flatMap(read) }
}

/** The short form of policies, beside `reeve.yaml` or in the policy directory. */
export const SHORT_FORM = 'policy-config.yaml'
