/** Writes the JSON Schemas of the configuration files and of the ledger to `schema/`; tests compare them with the code. */
import { writeFileSync } from 'node:fs'
import { configJsonSchemas } from '../src/app/config/config-schema.ts'
import { policyJsonSchemas } from '../src/policy/policy-json-schemas.ts'
import { auditLogSchemaText } from '../src/audit/json-schema.ts'

const write = (name: string, text: string): void =>
  writeFileSync(new URL(`../schema/${name}`, import.meta.url), text)

for (const [name, schema] of Object.entries(configJsonSchemas()))
  write(name, `${JSON.stringify(schema, null, 2)}\n`)
write('audit-log-schema.json', auditLogSchemaText())
for (const [name, schema] of Object.entries(policyJsonSchemas()))
  write(name, `${JSON.stringify(schema, null, 2)}\n`)
