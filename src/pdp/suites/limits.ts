/** Actions, each on one resource for one principal, that one suite may come to: a matrix grows fast. */
export const SUITE_CASES_MAX: number = 100_000
