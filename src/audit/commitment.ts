/** SHA-256 (FIPS 180-4) of UTF-8 text, as base64url. */
export type HashText = (text: string) => string

/** Random bytes of a salt: 264 bits, a whole number of base64url letters. */
export const SALT_BYTES: number = 33

const SALT = /^[A-Za-z0-9_-]{44}$/

/** Whether the text is a salt as we write them: of one length, in its one canonical spelling. */
export const isSalt = (text: string): boolean => SALT.test(text)

/**
 * A salted commitment: `SHA-256(["<salt>","<path>",<record id>,<value>])` over canonical JSON, as
 * the disclosures of SD-JWT are hashed (RFC 9901 §4.2.3); docs/decisions/0010-commitments.md. It
 * binds a value without showing it, and without its salt not even a guess can be tried. Field and
 * record stand in the message, so that no commitment fits another place.
 * `recordId` and `value` are canonical JSON.
 */
export const commit = (
  hashText: HashText,
  salt: string,
  path: string,
  recordId: string,
  value: string,
): string => `salted-sha256:${hashText(`["${salt}","${path}",${recordId},${value}]`)}`
