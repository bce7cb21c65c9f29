import type { CelEnvironment } from './environment.ts'
import { celEnvironment, dynamicVariables } from './environment.ts'
import { CALENDAR } from './library/calendar.ts'
import { OPERATORS } from './library/operators.ts'
import { POLICY_ADDRESS } from './library/policy-address.ts'
import { POLICY_SETS } from './library/policy-sets.ts'
import { POLICY_TIME } from './library/policy-time.ts'
import { STANDARD } from './library/standard.ts'
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
  POLICY_TIME,
  POLICY_SETS,
  POLICY_ADDRESS,
]

/** The environment of conditions in policies. Build it once: it is a table of all functions. */
export const policyEnvironment = (): CelEnvironment =>
  celEnvironment(dynamicVariables(POLICY_VARIABLES), POLICY_LIBRARIES)
