/** An output of a rule as either engine gives it. */
export type Output = { readonly src: string; readonly action?: string } & (
  | { readonly val?: unknown }
  | { readonly error: string }
)

/** One line for an output. The words of an error are each engine's own; that there is one is not. */
export const outputText = (output: Output): string => {
  const { src, action = '' } = output
  const said = 'error' in output ? 'fails' : JSON.stringify(sorted(output.val ?? null))
  return `${src} for ${action}: ${said}`
}

/** The same line with every instant that has a zone in UTC, as far as milliseconds tell. */
export const withoutZones = (line: string): string =>
  line.replaceAll(INSTANT, (text) => new Date(text).toISOString())

const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g

/** The order of keys is nobody's promise. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const)
  return entries.sort(([left], [right]) => (left < right ? -1 : 1))
}
