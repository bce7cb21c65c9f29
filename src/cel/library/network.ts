import {
  cidrHasIp,
  cidrText,
  ipText,
  isMappedIp,
  maskBits,
  parseCidr,
  parseIp,
  widthOf,
} from '../ip-address.ts'
import type { CelError, Operand } from '../operand.ts'
import { celError, isError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'
import type { CelCidr, CelIp } from '../value.ts'
import { celTag } from '../value.ts'

const isText = (value: unknown): value is string => typeof value === 'string'

const quoted = (text: string): string => JSON.stringify(text)

/** The address in a text; addresses of version 4 in the clothes of version 6 are refused. */
function readIp(text: string): CelIp | CelError {
  const ip = parseIp(text)
  if (ip === undefined) {
    return celError(
      `IP Address ${quoted(text)} parse error during conversion from string: ParseAddr(${quoted(text)}): unable to parse IP`,
    )
  }
  return isMappedIp(ip) ? celError(`IPv4-mapped IPv6 address ${quoted(text)} is not allowed`) : ip
}

function readCidr(text: string): CelCidr | CelError {
  const cidr = parseCidr(text)
  if (cidr === undefined) {
    return celError(
      `CIDR ${quoted(text)} parse error during conversion from string: netip.ParsePrefix(${quoted(text)}): no such network`,
    )
  }
  return isMappedIp(cidr)
    ? celError(`IPv4-mapped IPv6 address ${quoted(text)} is not allowed`)
    : cidr
}

/** 127.0.0.0/8 and ::1. */
const isLoopback = ({ family, bits }: CelIp): boolean =>
  family === 4 ? bits >> 24n === 127n : bits === 1n

/** 169.254.0.0/16 and fe80::/10. */
const isLinkLocalUnicast = ({ family, bits }: CelIp): boolean =>
  family === 4 ? bits >> 16n === 0xa9fen : bits >> 118n === 0x3fan

/** 224.0.0.0/24 and the link-local scope of ff00::/8. */
const isLinkLocalMulticast = ({ family, bits }: CelIp): boolean =>
  family === 4 ? bits >> 8n === 0xe00000n : bits >> 120n === 0xffn && ((bits >> 112n) & 0xfn) === 2n

const isMulticast = ({ family, bits }: CelIp): boolean =>
  family === 4 ? bits >> 28n === 0xen : bits >> 120n === 0xffn

const isGlobalUnicast = (ip: CelIp): boolean =>
  ip.bits !== 0n &&
  !(ip.family === 4 && ip.bits === 0xffffffffn) &&
  !isLoopback(ip) &&
  !isMulticast(ip) &&
  !isLinkLocalUnicast(ip)

const onIp = (name: string, result: string, run: (ip: CelIp) => Operand): Overload =>
  overload(`ip.${name}(): ${result}`, (_frame, ip: CelIp) => run(ip))

/** The network extension library: addresses and networks as values. */
export const NETWORK: readonly Overload[] = [
  overload('ip(string): ip', (_frame, text: string) => readIp(text)),
  overload('cidr(string): cidr', (_frame, text: string) => readCidr(text)),
  overload('isIP(string): bool', (_frame, text: string) => !isError(readIp(text))),
  overload('isCIDR(string): bool', (_frame, text: string) => !isError(readCidr(text))),
  {
    ...overload('isCanonical(string): bool', (_frame, text: string) => {
      const ip = readIp(text)
      return isError(ip) ? ip : ipText(ip.family, ip.bits) === text
    }),
    name: 'ip.isCanonical',
  },
  overload('string(ip): string', (_frame, ip: CelIp) => ipText(ip.family, ip.bits)),
  overload('string(cidr): string', (_frame, cidr: CelCidr) => cidrText(cidr)),
  onIp('family', 'int', ({ family }) => BigInt(family)),
  onIp('isLoopback', 'bool', isLoopback),
  onIp('isUnspecified', 'bool', ({ bits }) => bits === 0n),
  onIp('isGlobalUnicast', 'bool', isGlobalUnicast),
  onIp('isLinkLocalUnicast', 'bool', isLinkLocalUnicast),
  onIp('isLinkLocalMulticast', 'bool', isLinkLocalMulticast),
  ...['ip', 'string'].map((type) => overload(`cidr.containsIP(${type}): bool`, containsIp)),
  ...['cidr', 'string'].map((type) => overload(`cidr.containsCIDR(${type}): bool`, containsCidr)),
  overload(
    'cidr.ip(): ip',
    (_frame, { family, bits }: CelCidr) => ({ [celTag]: 'ip', family, bits }) as const,
  ),
  overload('cidr.masked(): cidr', (_frame, cidr: CelCidr) => ({
    ...cidr,
    bits: maskBits(cidr.family, cidr.bits, cidr.length),
  })),
  overload('cidr.prefixLength(): int', (_frame, { length }: CelCidr) => BigInt(length)),
  overload(
    'cidr.isMask(): bool',
    (_frame, { family, bits, length }: CelCidr) => bits === maskBits(family, bits, length),
  ),
]

function containsIp(_frame: unknown, cidr: CelCidr, other: CelIp | string): Operand {
  const ip = isText(other) ? readIp(other) : other
  return isError(ip) ? ip : cidrHasIp(cidr, ip)
}

function containsCidr(_frame: unknown, cidr: CelCidr, other: CelCidr | string): Operand {
  const inner = isText(other) ? readCidr(other) : other
  if (isError(inner)) return inner
  if (inner.family !== cidr.family || inner.length < cidr.length) return false
  return (
    cidr.length <= widthOf(cidr.family) &&
    cidrHasIp(cidr, { [celTag]: 'ip', family: inner.family, bits: inner.bits })
  )
}
