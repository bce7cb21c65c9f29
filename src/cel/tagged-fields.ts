/**
 * The names of the properties of every tagged value and operand. A field of such a name is read from
 * an object only after looking whether the object is tagged; a test compares this list with them.
 */
export const TAGGED_FIELDS: ReadonlySet<string> = new Set([
  'bits',
  'bytes',
  'end',
  'entries',
  'family',
  'hidden',
  'ids',
  'kind',
  'known',
  'length',
  'message',
  'name',
  'nanos',
  'parts',
  'path',
  'start',
  'trustDomain',
  'value',
])
