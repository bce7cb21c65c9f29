const NOT_PERSONS = ['agent:', 'caller:', 'service:'] as const

/**
 * Whether a principal's name is a person's (SECURITY 3): agents, services and registered callers
 * carry their kind in front, people do not.
 */
export const isPerson = (name: string): boolean =>
  !NOT_PERSONS.some((prefix) => name.startsWith(prefix))
