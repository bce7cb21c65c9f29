/** Writes the JSON Schemas of the configuration files to `schema/`; a test compares them with the code. */
import { writeFileSync } from 'node:fs'
import { configJsonSchemas } from '../src/app/config/config-schema.ts'

for (const [name, schema] of Object.entries(configJsonSchemas()))
  writeFileSync(new URL(`../schema/${name}`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`)
