import type { CelEnvironment } from './environment.ts'
import { celEnvironment, dynamicVariables } from './environment.ts'
import { CALENDAR } from './library/calendar.ts'
import { OPERATORS } from './library/operators.ts'
import { POLICY_ADDRESS } from './library/policy-address.ts'
import { POLICY_SETS } from './library/policy-sets.ts'
import { POLICY_TIME } from './library/policy-time.ts'
import { STANDARD } from './library/standard.ts'
import { ENCODERS } from './library/encoders.ts'
import { LISTS } from './library/lists.ts'
import { MATH } from './library/math.ts'
import { NETWORK } from './library/network.ts'
import { OPTIONALS } from './library/optionals.ts'
import { POLICY_HIERARCHY } from './library/policy-hierarchy.ts'
import { POLICY_PATH } from './library/policy-path.ts'
import { POLICY_SPIFFE } from './library/policy-spiffe.ts'
import { REGEXES } from './library/regexes.ts'
import { SETS } from './library/sets.ts'
import { STRINGS } from './library/strings.ts'
import type { Overload } from './overload.ts'

/** The variables of conditions in policies, with their short names. */
export const POLICY_VARIABLES: readonly string[] = [
  'request',
  'P',
  'R',
  'runtime',
  'variables',
  'V',
  'constants',
  'C',
  'globals',
  'G',
]

/** Every function that conditions in policies may call. */
export const POLICY_LIBRARIES: readonly (readonly Overload[])[] = [
  OPERATORS,
  STANDARD,
  CALENDAR,
  ENCODERS,
  LISTS,
  MATH,
  NETWORK,
  OPTIONALS,
  POLICY_HIERARCHY,
  POLICY_PATH,
  POLICY_SPIFFE,
  REGEXES,
  SETS,
  STRINGS,
  POLICY_TIME,
  POLICY_SETS,
  POLICY_ADDRESS,
]

/** The environment of conditions in policies. Build it once: it is a table of all functions. */
export const policyEnvironment = (): CelEnvironment =>
  celEnvironment(dynamicVariables(POLICY_VARIABLES), POLICY_LIBRARIES)
