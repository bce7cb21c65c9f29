import type { Frame } from '../frame.ts'
import { cidrHasIp, parseCidr, parseIp } from '../ip-address.ts'
import { celError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'

/** `address.inIPAddrRange(network)`, for IPv4 and IPv6; text that is neither is an error. */
export const POLICY_ADDRESS: readonly Overload[] = [
  overload(
    'string.inIPAddrRange(string): bool',
    (_frame: Frame, address: string, range: string) => {
      const ip = parseIp(address)
      const cidr = parseCidr(range)
      if (ip === undefined) return celError(`invalid IP address: ${address}`)
      return cidr === undefined ? celError(`invalid CIDR address: ${range}`) : cidrHasIp(cidr, ip)
    },
  ),
]
