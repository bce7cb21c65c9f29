/**
 * What reading a configuration needs of the world. Both answer null when there is no such thing,
 * and throw `Unreadable` for what is there and cannot be read.
 */
export type ConfigSources = {
  readonly readFile: (path: string) => string | null
  /** Policy files of a directory and those below it, sorted, as absolute paths. */
  readonly listPolicies: (directory: string) => readonly string[] | null
  /** The JSON Schemas below `_schemas/` of a policy directory, sorted, as absolute paths. */
  readonly listSchemas: (directory: string) => readonly string[]
  /** Changes whenever a file of the list changes, comes or goes: names, times and sizes as text. */
  readonly stamp: (paths: readonly string[]) => string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A file that a configuration needs and that this user cannot read, or that is no file. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
  readonly path: string

  constructor(path: string, why: string) {
    super(why)
    this.path = path
  }
}
