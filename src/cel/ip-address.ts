import type { CelCidr, CelIp } from './value.ts'
import { celTag } from './value.ts'

/** An IPv4 or IPv6 address from text; undefined when it is none. Zones (`fe80::1%eth0`) are none. */
export function parseIp(text: string): CelIp | undefined {
  if (text.length > 64) return undefined
  const bits = text.includes(':') ? parseVersion6(text) : parseVersion4(text)
  if (bits === undefined) return undefined
  return { [celTag]: 'ip', family: text.includes(':') ? 6 : 4, bits }
}

function parseVersion4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part)))
    return undefined
  if (parts.some((part) => Number(part) > 255)) return undefined
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
}

function parseVersion6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0] ?? '', halves.length === 1)
  const tail = parseGroups(halves[1] ?? '', true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...tail]
  return groups.reduce((bits, group) => (bits << 16n) | group, 0n)
}

/** Groups of 16 bits; the last may be an IPv4 address where the text may end. */
function parseGroups(text: string, mayEnd: boolean): readonly bigint[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const last = parts.at(-1) ?? ''
  const embedded = mayEnd && last.includes('.') ? parseVersion4(last) : null
  if (embedded === undefined) return undefined
  const plain = embedded === null ? parts : parts.slice(0, -1)
  if (!plain.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))) return undefined
  const groups = plain.map((part) => BigInt(`0x${part}`))
  return embedded === null ? groups : [...groups, embedded >> 16n, embedded & 0xffffn]
}

/** A network such as `10.0.0.0/8`, its address kept as written; undefined when it is none. */
export function parseCidr(text: string): CelCidr | undefined {
  const [address = '', length = '', ...rest] = text.length > 64 ? [] : text.split('/')
  const ip = parseIp(address)
  if (ip === undefined || rest.length > 0 || !/^(?:0|[1-9]\d{0,2})$/.test(length)) return undefined
  if (Number(length) > widthOf(ip.family)) return undefined
  return { [celTag]: 'cidr', family: ip.family, bits: ip.bits, length: Number(length) }
}

export const widthOf = (family: 4 | 6): 32 | 128 => (family === 4 ? 32 : 128)

/** The bits of an address that a prefix of this length keeps. */
export function maskBits(family: 4 | 6, bits: bigint, length: number): bigint {
  const drop = BigInt(widthOf(family) - length)
  return (bits >> drop) << drop
}

export const cidrHasIp = (cidr: CelCidr, ip: CelIp): boolean =>
  cidr.family === ip.family &&
  maskBits(ip.family, ip.bits, cidr.length) === maskBits(cidr.family, cidr.bits, cidr.length)

/** An IPv4 address in the clothes of IPv6: ::ffff:0:0/96. */
export const isMappedIp = ({
  family,
  bits,
}: {
  readonly family: 4 | 6
  readonly bits: bigint
}): boolean => family === 6 && bits >> 32n === 0xffffn

/** An address as it is usually written (RFC 5952 for version 6). */
export function ipText(family: 4 | 6, bits: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((bits >> BigInt(112 - at * 16)) & 0xffffn).toString(16),
  )
  const text = groups.join(':')
  const zeros = [...text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)]
  const longest = zeros.toSorted((left, right) => right[0].length - left[0].length)[0]
  if (longest === undefined) return text
  const head = text.slice(0, longest.index).replace(/:$/, '')
  return `${head}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}`
}

export const cidrText = ({ family, bits, length }: CelCidr): string =>
  `${ipText(family, bits)}/${length}`

/** IPv4 in the clothes of IPv6 undressed, as Go's `net` package compares them. */
export function unmappedIp(ip: CelIp): CelIp {
  return isMappedIp(ip) ? { [celTag]: 'ip', family: 4, bits: ip.bits & 0xffffffffn } : ip
}

/** The same for a network whose prefix covers the clothes. */
export function unmappedCidr(cidr: CelCidr): CelCidr {
  if (!isMappedIp(cidr) || cidr.length < 96) return cidr
  return { [celTag]: 'cidr', family: 4, bits: cidr.bits & 0xffffffffn, length: cidr.length - 96 }
}
