/** A policy file longer than this is not written by people; the largest seen is 200 KB. */
export const POLICY_FILE_CHARACTERS_MAX: number = 1024 * 1024

/** Files of one release. */
export const POLICY_FILES_MAX: number = 50_000

/** Values in one file, aliases counted as often as they are used: stops alias bombs. */
export const YAML_VALUES_MAX: number = 200_000

/** Nesting of one file; a condition of this depth cannot be read by people. */
export const YAML_DEPTH_MAX: number = 64

/** Diagnostics of one run; what is left out is counted. */
export const DIAGNOSTICS_MAX: number = 200

/** Characters of a line that a diagnostic quotes. */
export const EXCERPT_CHARACTERS_MAX: number = 160

/** Variables of one policy, imported ones included: they are evaluated together and may form a chain. */
export const VARIABLES_MAX: number = 1000

/** Problems of form that are shown for one file: the first ones explain the rest. */
export const YAML_PROBLEMS_MAX: number = 20
