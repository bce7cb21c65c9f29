import { canonicalJson } from '../core/canonical-json.ts'
import type { HmacText, Sha256 } from '../core/digest.ts'
import { digestOfHash } from '../core/digest.ts'
import type { RandomBytes } from '../core/ids.ts'
import type { Json } from '../core/json.ts'
import { type Reason, reason } from '../core/reason.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { commit, SALT_BYTES } from './commitment.ts'
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
  readonly hmac: HmacText
  readonly randomBytes: RandomBytes
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

const LEAF_NAMES: readonly string[] = [...FLAT_NAMES, SEALED_DIGEST].sort()

/**
 * Turns a record into its leaf and its sealed part (SECURITY 24). Fails with `evidence_unavailable`
 * when a public field holds anything but what its shape allows: a name must not slip into a leaf.
 */
export function sealRecord(deps: SealDeps, fields: Flat): Result<SealedRecord, Reason> {
  const bins = createBins(deps, fields)
  const texts = new Map<string, string>()
  for (const name of FLAT_NAMES) {
    const value: Json = fields[name]
    const field = FIELDS[name]
    if (field.class !== 'public' && value === null) {
      texts.set(name, 'null')
      continue
    }
    switch (field.class) {
      case 'public':
        if (!fits(field.shape, value)) return unfit(name)
        texts.set(name, canonicalJson(value))
        break
      case 'handle':
        if (typeof value !== 'string' || !value.isWellFormed()) return unfit(name)
        texts.set(name, bins.person(name, value))
        break
      case 'sealed':
        if (!fits(field.shape, value)) return unfit(name)
        texts.set(name, bins.value(name, field.about, canonicalJson(value), true))
        break
      case 'committed':
        if (!fits({ kind: 'digest' }, value)) return unfit(name)
        texts.set(name, bins.value(name, field.about, canonicalJson(value), false))
        break
    }
  }
  const sealed = encodeSealedPart(bins.close())
  texts.set(SEALED_DIGEST, `"${digestOfHash(deps.sha256(sealed))}"`)
  return ok({ leaf: objectText(texts), sealed })
}

const unfit = (name: FlatName): Result<never, Reason> =>
  fail(reason('evidence_unavailable', `the record's \`${name}\` is not what the ledger takes`))

function objectText(texts: ReadonlyMap<string, string>): string {
  let text = '{'
  for (const name of LEAF_NAMES) text += `"${name}":${texts.get(name)},`
  return `${text.slice(0, -1)}}`
}

type Bin = { readonly keys: readonly string[]; secrets: string }

/** Sorts what is committed into groups by the keys it must lie under. */
function createBins(
  deps: SealDeps,
  fields: Flat,
): {
  readonly person: (name: FlatName, value: string) => string
  readonly value: (name: FlatName, about: About, text: string, keep: boolean) => string
  readonly close: () => readonly SealedGroup[]
} {
  const bins: Bin[] = []
  const handle = (value: Json): string | null =>
    typeof value === 'string' && isPerson(value) ? deps.handleOf(fields.tenant_id, value) : null
  const tenant = [deps.tenantKeyOf(fields.tenant_id)]
  const caller = handle(fields.subject) ?? handle(fields.principal)
  const everyone = new Set(
    [fields.subject, fields.principal, fields.sponsor_id].map(handle).filter((key) => key !== null),
  )
  const keysAbout: { readonly [about in About]: readonly string[] } = {
    tenant,
    caller: caller === null ? tenant : [caller],
    everyone: everyone.size === 0 ? tenant : [...everyone].sort(),
  }
  const put = (keys: readonly string[], name: FlatName, text: string, keep: boolean): string => {
    const salt = deps.randomBytes(SALT_BYTES)
    const bin = binFor(bins, keys)
    const secret = secretText(name, deps.base64url(salt), keep ? text : null)
    bin.secrets += bin.secrets === '' ? secret : `,${secret}`
    return `"${commit(deps.hmac, salt, name, fields.id, text)}"`
  }
  return {
    person: (name, value) => {
      const own = handle(value)
      const committed = put(own === null ? tenant : [own], name, canonicalJson(value), true)
      return `{"handle":${own === null ? 'null' : `"${own}"`},"name":${committed}}`
    },
    value: (name, about, text, keep) => put(keysAbout[about], name, text, keep),
    close: () =>
      bins.map(({ keys, secrets }) => ({
        keys,
        ...deps.encrypt(keys, sealedContext(fields.id, keys), groupText(secrets)),
      })),
  }
}

function binFor(bins: Bin[], keys: readonly string[]): Bin {
  for (const bin of bins) {
    if (bin.keys.length === keys.length && bin.keys.every((key, i) => key === keys[i])) return bin
  }
  const made: Bin = { keys, secrets: '' }
  bins.push(made)
  return made
}
