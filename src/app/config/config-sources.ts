/** What reading a configuration needs of the world. Both answer null when there is no such thing. */
export type ConfigSources = {
  readonly readFile: (path: string) => string | null
  /** Policy files of a directory and those below it, sorted, as absolute paths. */
  readonly listPolicies: (directory: string) => readonly string[] | null
  readonly environment: Readonly<Record<string, string | undefined>>
}
