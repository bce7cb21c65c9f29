import { report } from './diagnostic.ts'
import type { Fields } from './fields.ts'
import { optionalText, requiredText } from './fields.ts'
import { SCOPE_PATTERN, VERSION_PATTERN } from './names.ts'

/** `version` as Cerbos wants it: always written. */
export function parseVersion(fields: Fields): string | null {
  return requiredText(fields, 'version', {
    pattern: VERSION_PATTERN,
    says: 'a version has letters, digits and `_`',
  })
}

/** `scope`, of which `.` and nothing mean the root. */
export function parseScope(fields: Fields): string {
  const entry = fields.entries.get('scope')
  if (entry === undefined || (entry.value.kind === 'scalar' && !entry.value.value)) return ''
  const text = optionalText(fields, 'scope')
  if (text === null || text === '.') return ''
  if (SCOPE_PATTERN.test(text)) return text
  const message = `\`scope\` cannot be \`${text}\`: it is words joined by \`.\``
  report(fields.file, entry.value.at, { code: 'value_invalid', message })
  return ''
}

/** Only the default of `scopePermissions` is accepted: the most specific scope that decides wins. */
export function checkScopePermissions(fields: Fields): void {
  const entry = fields.entries.get('scopePermissions')
  if (entry === undefined) return
  const text = optionalText(fields, 'scopePermissions')
  if (text === null || ACCEPTED.includes(text)) return
  const known = text === 'SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS'
  const message = known
    ? `\`${text}\` of ${fields.name} is not supported: this version does not accept it`
    : `\`scopePermissions\` cannot be \`${text}\``
  report(fields.file, entry.value.at, { code: known ? 'not_supported' : 'value_invalid', message })
}

const ACCEPTED: readonly string[] = [
  'SCOPE_PERMISSIONS_OVERRIDE_PARENT',
  'SCOPE_PERMISSIONS_UNSPECIFIED',
]
