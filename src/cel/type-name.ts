import type { CelKind, CelValue } from './value.ts'
import { kindOf } from './value.ts'

/** Names of the kinds as `type(x)` shows them. */
const NAMES: Readonly<Record<CelKind, string>> = {
  null: 'null_type',
  bool: 'bool',
  int: 'int',
  uint: 'uint',
  double: 'double',
  string: 'string',
  bytes: 'bytes',
  list: 'list',
  map: 'map',
  type: 'type',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  optional: 'optional_type',
  hierarchy: 'cerbos.lib.hierarchy',
  spiffe_id: 'cerbos.lib.spiffeID',
  trust_domain: 'cerbos.lib.spiffeTrustDomain',
  spiffe_matcher: 'cerbos.lib.spiffeMatcher',
  ip: 'net.IP',
  cidr: 'net.CIDR',
}

/** The name of a value's type, as `type(x)` and error messages show it. */
export const typeNameOf = (value: CelValue): string => NAMES[kindOf(value)]
