import type { DatabaseSync } from 'node:sqlite'

/** Who is in the configuration. */
export type RegistrySeed = {
  readonly tenant: string
  readonly agents: readonly string[]
  readonly sponsors: readonly string[]
}

/**
 * Makes known whom the configuration names, as active. Somebody already known keeps the status that
 * the ledger's events gave them: a suspended sponsor stays suspended across restarts.
 */
export function seedRegistry(database: DatabaseSync, seed: RegistrySeed): void {
  const agent = database.prepare(
    `insert into agent (tenant, id, status) values (?, ?, 'active') on conflict do nothing`,
  )
  const sponsor = database.prepare(
    `insert into sponsor (tenant, id, status) values (?, ?, 'active') on conflict do nothing`,
  )
  database.exec('begin immediate')
  try {
    for (const id of seed.agents) agent.run(seed.tenant, id)
    for (const id of seed.sponsors) sponsor.run(seed.tenant, id)
    database.exec('commit')
  } catch (error) {
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}
