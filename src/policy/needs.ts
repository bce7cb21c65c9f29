import type { ExpressionCache } from './check-expression.ts'
import type { Needs } from './release.ts'

const LONG_FORMS: Readonly<Record<string, readonly string[]>> = {
  P: ['request', 'principal'],
  R: ['request', 'resource'],
}

/** The paths that the compiled expressions of a release read, short names written out. */
export function needsOf(cache: ExpressionCache): Needs {
  const paths = new Set<string>()
  let request = false
  for (const compiled of cache.compiled.values()) {
    if (!compiled.ok) continue
    for (const [root = '', ...rest] of compiled.value.reads) {
      if (root === 'request') request = true
      const long = Object.hasOwn(LONG_FORMS, root) ? (LONG_FORMS[root] ?? [root]) : [root]
      if (long[0] === 'request') paths.add([...long, ...rest].join('.'))
    }
  }
  return {
    paths,
    identity: reads(paths, IDENTITY_PATHS),
    context: reads(paths, CONTEXT_PATHS),
    action: reads(paths, ACTION_PATHS),
    request,
  }
}

/** Attributes of principals that only we set (CONTRACTS 1). */
const RESERVED_ATTRIBUTES: readonly string[] = [
  'kind',
  'agent_id',
  'instance_id',
  'parent_id',
  'depth',
  'sponsor',
  'subject',
  'chain',
  'purpose',
  'grant',
  'session',
  'assurance',
  'context',
]

const IDENTITY_PATHS = RESERVED_ATTRIBUTES.map((name) => `request.principal.attr.${name}`)
const ACTION_PATHS = ['request.action']
const CONTEXT_PATHS = ['request.context', 'request.principal.attr.context']

/** Whether some path is one of the wanted ones, reaches into one, or holds one as a whole. */
const reads = (paths: ReadonlySet<string>, wanted: readonly string[]): boolean =>
  [...paths].some((path) =>
    wanted.some((one) => path === one || path.startsWith(`${one}.`) || one.startsWith(`${path}.`)),
  )
