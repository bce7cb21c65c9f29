import { cidrHasIp, parseCidr, parseIp, unmappedCidr, unmappedIp } from '../ip-address.ts'
import { celError } from '../operand.ts'
import type { Overload } from '../overload.ts'
import { overload } from '../overload.ts'

/** `address.inIPAddrRange(network)`, for IPv4 and IPv6; text that is neither is an error. */
export const POLICY_ADDRESS: readonly Overload[] = [
  overload('string.inIPAddrRange(string): bool', (_frame, address: string, range: string) => {
    const ip = parseIp(address)
    if (ip === undefined) return celError(`invalid IP address: ${address}`)
    const cidr = parseCidr(range)
    if (cidr === undefined) return celError(`invalid CIDR address: ${range}`)
    return cidrHasIp(unmappedCidr(cidr), unmappedIp(ip))
  }),
]
