import { report } from './diagnostic.ts'
import type { Fields } from './fields.ts'
import { optionalText, requiredText } from './fields.ts'
import { SCOPE_PATTERN, VERSION_PATTERN } from './names.ts'
import type { ScopePermissions } from './tree.ts'

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

/** `scopePermissions`; without it the most specific scope that decides wins. */
export function parseScopePermissions(fields: Fields): ScopePermissions {
  const text = optionalText(fields, 'scopePermissions')
  if (text === null) return 'override'
  const permissions = Object.hasOwn(PERMISSIONS, text) ? PERMISSIONS[text] : undefined
  if (permissions !== undefined) return permissions
  const at = fields.entries.get('scopePermissions')?.value.at ?? fields.at
  report(fields.file, at, {
    code: 'value_invalid',
    message: `\`scopePermissions\` cannot be \`${text}\``,
    hint: `it is one of: ${Object.keys(PERMISSIONS).join(', ')}`,
  })
  return 'override'
}

const PERMISSIONS: Readonly<Record<string, ScopePermissions>> = {
  SCOPE_PERMISSIONS_OVERRIDE_PARENT: 'override',
  SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS: 'consent',
  SCOPE_PERMISSIONS_UNSPECIFIED: 'override',
}
