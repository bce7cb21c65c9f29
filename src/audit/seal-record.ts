import { canonicalJson } from '../core/canonical-json.ts'
import type { Sha256 } from '../core/digest.ts'
import type { Json } from '../core/json.ts'
import { type Reason, reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { commit, type HashText } from './commitment.ts'
import type { Flat, FlatName } from './flat.ts'
import { isPerson } from './person.ts'
import { type About, FIELDS, FLAT_NAMES, SEALED_DIGEST } from './schema.ts'
import {
  encodeSealedPart,
  groupText,
  type SealedGroup,
  sealedContext,
  secretText,
} from './sealed-part.ts'
import { fits } from './shape.ts'

/** Encrypts under all the named keys together. */
export type Encrypt = (
  keys: readonly string[],
  context: string,
  text: string,
) => { readonly nonce: Uint8Array; readonly box: Uint8Array }

export type SealDeps = {
  readonly sha256: Sha256
  readonly hashText: HashText
  /** A fresh salt as text, never given twice. */
  readonly nextSalt: () => string
  /** Bytes as base64url; the platform's own is several times faster than ours. */
  readonly base64url: (bytes: Uint8Array) => string
  readonly encrypt: Encrypt
  /** A person's random handle, which is also the name of that person's key; made on first sight. */
  readonly handleOf: (tenant: string, person: string) => string
  /** The name of the key for what is about nobody. */
  readonly tenantKeyOf: (tenant: string) => string
}

/** The leaf as canonical JSON, and what it commits to, encrypted. */
export type SealedRecord = { readonly leaf: string; readonly sealed: Uint8Array }

/** Fields before and after the sealed part's digest, which is known last. */
const NAMES_BEFORE: readonly FlatName[] = FLAT_NAMES.filter((name) => name < SEALED_DIGEST)
const NAMES_AFTER: readonly FlatName[] = FLAT_NAMES.filter((name) => name > SEALED_DIGEST)

/**
 * Turns a record into its leaf and its sealed part (SECURITY 24). Fails with `evidence_unavailable`
 * when a public field holds anything but what its shape allows: a name must not slip into a leaf.
 */
export function sealRecord(deps: SealDeps, fields: Flat): Result<SealedRecord, Reason> {
  const bins = createBins(deps, fields)
  const before = membersText(deps, fields, bins, NAMES_BEFORE)
  if (!before.ok) return before
  const after = membersText(deps, fields, bins, NAMES_AFTER)
  if (!after.ok) return after
  const sealed = encodeSealedPart(closeBins(deps, fields.id, bins))
  const digest = `"${SEALED_DIGEST}":"sha256:${deps.base64url(deps.sha256(sealed))}",`
  return ok({ leaf: `{${before.value}${digest}${after.value.slice(0, -1)}}`, sealed })
}

/** The members of the leaf with these names, a comma after each. */
function membersText(
  deps: SealDeps,
  fields: Flat,
  bins: Bins,
  names: readonly FlatName[],
): Result<string, Reason> {
  let text = ''
  for (const name of names) {
    const member = fieldText(deps, fields, bins, name)
    if (member === null) return unfit(name)
    text += `"${name}":${member},`
  }
  return ok(text)
}

const unfit = (name: FlatName): Result<never, Reason> =>
  fail(reason('evidence_unavailable', `the record's \`${name}\` is not what the ledger takes`))

/** What stands in the leaf for one field; null when its value is not of its shape. */
function fieldText(deps: SealDeps, fields: Flat, bins: Bins, name: FlatName): string | null {
  const value: Json = fields[name]
  const field = FIELDS[name]
  if (field.class === 'public') return fits(field.shape, value) ? canonicalJson(value) : null
  if (value === null) return 'null'
  switch (field.class) {
    case 'handle':
      if (typeof value !== 'string' || !value.isWellFormed()) return null
      return personText(deps, fields, bins, name, value)
    case 'sealed':
      if (!fits(field.shape, value)) return null
      return put(deps, bins, bins.about[field.about], name, canonicalJson(value), true)
    case 'committed':
      if (!fits({ kind: 'digest' }, value)) return null
      return put(deps, bins, bins.about[field.about], name, canonicalJson(value), false)
  }
}

function personText(
  deps: SealDeps,
  fields: Flat,
  bins: Bins,
  name: FlatName,
  value: string,
): string {
  const own = handleOf(deps, fields, value)
  const bin = own === null ? bins.about.tenant : binFor(bins.all, [own])
  const committed = put(deps, bins, bin, name, canonicalJson(value), true)
  return `{"handle":${own === null ? 'null' : `"${own}"`},"name":${committed}}`
}

/** Values that lie under the same keys, as the text of one group. */
type Bin = { readonly keys: readonly string[]; secrets: string }

/** What is committed, sorted by the keys it must lie under. */
type Bins = {
  readonly all: Bin[]
  readonly about: { readonly [about in About]: Bin }
  /** The record's id as canonical JSON. */
  readonly recordId: string
}

function createBins(deps: SealDeps, fields: Flat): Bins {
  const subject = handleOf(deps, fields, fields.subject)
  const principal = handleOf(deps, fields, fields.principal)
  const sponsor = handleOf(deps, fields, fields.sponsor_id)
  const tenant: Bin = { keys: [deps.tenantKeyOf(fields.tenant_id)], secrets: '' }
  const all = [tenant]
  const caller = subject ?? principal
  const handles = [subject, principal, sponsor].filter((key) => key !== null)
  const everyone = handles.length < 2 ? handles : [...new Set(handles)].sort()
  return {
    all,
    about: {
      tenant,
      caller: caller === null ? tenant : binFor(all, [caller]),
      everyone: everyone.length === 0 ? tenant : binFor(all, everyone),
    },
    recordId: canonicalJson(fields.id),
  }
}

const handleOf = (deps: SealDeps, fields: Flat, value: Json): string | null =>
  typeof value === 'string' && isPerson(value) ? deps.handleOf(fields.tenant_id, value) : null

/** Commits to a value and puts its salt, and the value if it is kept, into a bin. */
function put(
  deps: SealDeps,
  { recordId }: Bins,
  bin: Bin,
  name: FlatName,
  text: string,
  keep: boolean,
): string {
  const salt = deps.nextSalt()
  const secret = secretText(name, salt, keep ? text : null)
  bin.secrets += bin.secrets === '' ? secret : `,${secret}`
  return `"${commit(deps.hashText, salt, name, recordId, text)}"`
}

const closeBins = (deps: SealDeps, recordId: string, { all }: Bins): readonly SealedGroup[] =>
  all
    .filter(({ secrets }) => secrets !== '')
    .map(({ keys, secrets }) => ({
      keys,
      ...deps.encrypt(keys, sealedContext(recordId, keys), groupText(secrets)),
    }))

function binFor(bins: Bin[], keys: readonly string[]): Bin {
  for (const bin of bins) {
    if (bin.keys.length === keys.length && bin.keys.every((key, i) => key === keys[i])) return bin
  }
  const made: Bin = { keys, secrets: '' }
  bins.push(made)
  return made
}
