import type { CelError, Operand } from '../operand.ts'
import { celError, isError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import type { CelList, CelSpiffeId, CelSpiffeMatcher, CelTrustDomain } from '../value.ts'
import { celTag, tagOf } from '../value.ts'

/** SPIFFE-ID §2.3: an id is at most 2048 bytes. */
const SPIFFE_ID_LENGTH_MAX = 2048

const SCHEME = 'spiffe://'

const trustDomain = (name: string): CelTrustDomain => ({ [celTag]: 'trust_domain', name })
const uriOf = (id: CelSpiffeId): string => `${SCHEME}${id.trustDomain}${id.path}`
const matcher = (ids: readonly string[] | null, domain: string | null): CelSpiffeMatcher => ({
  [celTag]: 'spiffe_matcher',
  ids,
  trustDomain: domain,
})

/** SPIFFE ids (SPIFFE-ID specification §2), their trust domains, and matchers over them. */
export const POLICY_SPIFFE: readonly Overload[] = [
  overload('spiffeID(string): spiffe_id', (_frame, text: string) =>
    parseId(text, 'failed to parse SPIFFE ID'),
  ),
  overload('spiffe_id.path(): string', (_frame, id: CelSpiffeId) => id.path),
  overload('spiffe_id.trustDomain(): trust_domain', (_frame, id: CelSpiffeId) =>
    trustDomain(id.trustDomain),
  ),
  overload(
    'spiffe_id.isMemberOf(trust_domain): bool',
    (_frame, id: CelSpiffeId, domain: CelTrustDomain) => id.trustDomain === domain.name,
  ),
  overload('spiffeTrustDomain(string): trust_domain', (_frame, text: string) => parseDomain(text)),
  overload('trust_domain.id(): string', (_frame, { name }: CelTrustDomain) => `${SCHEME}${name}`),
  overload('trust_domain.name(): string', (_frame, { name }: CelTrustDomain) => name),
  overload('spiffeMatchAny(): spiffe_matcher', () => matcher(null, null)),
  ...['spiffe_id', 'string'].map((type) =>
    overload(`spiffeMatchExact(${type}): spiffe_matcher`, (_frame, id: CelSpiffeId | string) =>
      matchOneOf([id]),
    ),
  ),
  ...['spiffe_id', 'string'].map((type) =>
    overload(`spiffeMatchOneOf(list(${type})): spiffe_matcher`, (_frame, ids: CelList) =>
      matchOneOf(ids),
    ),
  ),
  ...['trust_domain', 'string'].map((type) =>
    overload(
      `spiffeMatchTrustDomain(${type}): spiffe_matcher`,
      (_frame, domain: CelTrustDomain | string) => {
        const parsed = typeof domain === 'string' ? parseDomain(domain) : domain
        return isError(parsed) ? parsed : matcher(null, parsed.name)
      },
    ),
  ),
  ...['spiffe_id', 'string'].map((type) =>
    overload(`spiffe_matcher.matchesID(${type}): bool`, matchesId),
  ),
]

/** Why a name is no trust domain, or null. */
function domainComplaint(name: string): string | null {
  if (name === '') return 'trust domain is missing'
  if (/^[a-z0-9.\-_]+$/.test(name)) return null
  return 'trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores'
}

/** Why a path is none of an id, or null; the path of the trust domain itself is empty. */
function pathComplaint(path: string): string | null {
  if (path === '') return null
  const segments = path.slice(1).split('/')
  if (segments.some((part) => !/^[A-Za-z0-9.\-_]*$/.test(part))) {
    return 'path segment characters are limited to letters, numbers, dots, dashes, and underscores'
  }
  if (segments.at(-1) === '') return 'path cannot have a trailing slash'
  if (segments.includes('')) return 'path cannot contain empty segments'
  return segments.some((part) => part === '.' || part === '..')
    ? 'path cannot contain dot segments'
    : null
}

function parseId(text: string, failure: string): CelSpiffeId | CelError {
  const complain = (complaint: string): CelError => celError(`${failure}: ${complaint}`)
  if (text === '') return complain('cannot be empty')
  if (text.length > SPIFFE_ID_LENGTH_MAX)
    return complain(`longer than ${SPIFFE_ID_LENGTH_MAX} bytes`)
  if (!text.startsWith(SCHEME)) return complain('scheme is missing or invalid')
  const rest = text.slice(SCHEME.length)
  const slash = rest.indexOf('/')
  const name = slash < 0 ? rest : rest.slice(0, slash)
  const path = slash < 0 ? '' : rest.slice(slash)
  const complaint = domainComplaint(name) ?? pathComplaint(path)
  return complaint === null
    ? { [celTag]: 'spiffe_id', trustDomain: name, path }
    : complain(complaint)
}

function parseDomain(text: string): CelTrustDomain | CelError {
  const failure = 'failed to parse SPIFFE trust domain'
  if (text.includes(':/')) {
    const id = parseId(text, failure)
    return isError(id) ? id : trustDomain(id.trustDomain)
  }
  const complaint = text.length > SPIFFE_ID_LENGTH_MAX ? 'too long' : domainComplaint(text)
  return complaint === null ? trustDomain(text) : celError(`${failure}: ${complaint}`)
}

const isId = (value: unknown): value is CelSpiffeId =>
  typeof value === 'object' && value !== null && tagOf(value) === 'spiffe_id'

function matchOneOf(ids: CelList): Operand {
  const uris: string[] = []
  for (const id of ids) {
    if (typeof id !== 'string' && !isId(id))
      return celError('no such overload: spiffeMatchOneOf(list)')
    const parsed = typeof id === 'string' ? parseId(id, 'invalid SPIFFE ID') : id
    if (isError(parsed)) return parsed
    uris.push(uriOf(parsed))
  }
  return matcher(uris, null)
}

function matchesId(_frame: unknown, by: CelSpiffeMatcher, value: CelSpiffeId | string): Operand {
  const id = typeof value === 'string' ? parseId(value, 'invalid SPIFFE ID') : value
  if (isError(id)) return id
  if (by.ids !== null) return by.ids.includes(uriOf(id))
  return by.trustDomain === null || by.trustDomain === id.trustDomain
}
