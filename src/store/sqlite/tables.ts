/**
 * The database. Every table names its tenant first (SECURITY 4). `ledger` is append-only for
 * everybody who comes through SQL; who can write the file can do more, and `verify` is there for that.
 */
export const TABLES: string = `
create table meta (
  name text primary key,
  value text not null
) strict, without rowid;

create table ledger (
  tenant text not null,
  idx integer not null,
  id text not null,
  type text not null,
  at integer not null,
  decision_id text not null,
  leaf text not null,
  leaf_hash blob not null,
  sealed blob not null,
  unique (tenant, idx)
) strict;
create unique index ledger_id on ledger (id);
create index ledger_decision on ledger (decision_id);
create trigger ledger_is_not_updated before update on ledger
  begin select raise(abort, 'the ledger is append-only'); end;
create trigger ledger_is_not_deleted before delete on ledger
  begin select raise(abort, 'the ledger is append-only'); end;

create table ledger_head (
  tenant text primary key,
  size integer not null,
  last_at integer not null,
  frontier blob not null,
  checkpoint text not null
) strict, without rowid;

create table producer (
  tenant text not null,
  boot_id text not null,
  started_at integer not null,
  seq integer not null,
  primary key (tenant, boot_id)
) strict, without rowid;

create table person_handle (
  tenant text not null,
  person text not null,
  handle text not null unique,
  primary key (tenant, person)
) strict, without rowid;

create table seal_key (
  id text primary key,
  tenant text not null,
  kind text not null check (kind in ('tenant', 'person')),
  wrapped blob not null
) strict, without rowid;

create table epoch (
  tenant text not null,
  kind text not null,
  id text not null,
  value integer not null,
  primary key (tenant, kind, id)
) strict, without rowid;

create table single_use (
  tenant text not null,
  id text not null,
  expires_at integer not null,
  primary key (tenant, id)
) strict, without rowid;
create index single_use_expiry on single_use (expires_at);

create table sponsor (
  tenant text not null,
  id text not null,
  status text not null check (status in ('active', 'suspended')),
  primary key (tenant, id)
) strict, without rowid;

create table agent (
  tenant text not null,
  id text not null,
  status text not null check (status in ('active', 'stopped')),
  primary key (tenant, id)
) strict, without rowid;

create table instance (
  tenant text not null,
  id text not null,
  agent text not null,
  parent text,
  sponsor text not null,
  subject text,
  run text not null,
  purpose text not null,
  created_at integer not null,
  primary key (tenant, id)
) strict, without rowid;

create table owned_object (
  tenant text not null,
  kind text not null,
  server text not null,
  id text not null,
  instance text not null,
  created_at integer not null,
  primary key (tenant, kind, server, id)
) strict, without rowid;

create table pinned_tool (
  tenant text not null,
  server text not null,
  tool text not null,
  digest text not null,
  primary key (tenant, server, tool)
) strict, without rowid;
`

/** Version of the tables, kept in `user_version`; a database of another version is not opened. */
export const TABLES_VERSION: number = 2
