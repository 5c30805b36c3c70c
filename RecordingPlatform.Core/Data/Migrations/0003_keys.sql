-- Envelope keys: KEK wraps master keys, a master key wraps owner keys, an owner key wraps data keys.
-- A null wrap is a destroyed key: its row stays as evidence.

create table kek_versions (
    id text primary key,
    provider text not null check (provider in ('local', 'key_vault')),
    -- SubjectPublicKeyInfo: a replica that cannot reach the vault wraps a new master key with it.
    public_key bytea not null,
    created_at timestamptz not null default app_now(),
    retired_at timestamptz
);
call tag_columns('kek_versions', 'none', 'id provider public_key created_at retired_at');

create table master_keys (
    id uuid primary key,
    kek_version_id text not null references kek_versions,
    wrapped bytea not null,
    created_at timestamptz not null default app_now(),
    retired_at timestamptz
);
create index master_keys_newest on master_keys (created_at desc);
call tag_columns('master_keys', 'none', 'id kek_version_id wrapped created_at retired_at');

-- Keys of the platform itself (ticket HMAC, checkpoint signature), wrapped by the KEK like a master key.
create table service_keys (
    id uuid primary key,
    purpose text not null check (purpose in ('ticket', 'checkpoint')),
    kek_version_id text not null references kek_versions,
    wrapped bytea not null,
    public_key bytea,
    created_at timestamptz not null default app_now(),
    retired_at timestamptz
);
create index service_keys_newest on service_keys (purpose, created_at desc);
call tag_columns('service_keys', 'none', 'id purpose kek_version_id wrapped public_key created_at retired_at');

create table owner_keys (
    id uuid primary key,
    owner_kind text not null check (owner_kind in ('subject', 'recording', 'session_file', 'export', 'raw_event')),
    owner_id uuid not null,
    generation integer not null check (generation > 0),
    master_key_id uuid not null references master_keys,
    wrapped bytea,
    created_at timestamptz not null default app_now(),
    destroyed_at timestamptz,
    unique (owner_kind, owner_id, generation),
    check ((wrapped is null) = (destroyed_at is not null))
);
create index owner_keys_master on owner_keys (master_key_id);
call tag_columns('owner_keys', 'none', 'owner_kind generation master_key_id wrapped created_at destroyed_at');
call tag_columns('owner_keys', 'pseudonymous', 'id owner_id');

-- Inserted when the object is published: only then is it known whose it is.
create table data_keys (
    id uuid primary key,
    object_id uuid not null unique,
    owner_key_id uuid not null references owner_keys,
    wrapped bytea,
    created_at timestamptz not null default app_now(),
    destroyed_at timestamptz,
    check ((wrapped is null) = (destroyed_at is not null))
);
create index data_keys_owner_key on data_keys (owner_key_id);
call tag_columns('data_keys', 'none', 'wrapped created_at destroyed_at');
call tag_columns('data_keys', 'pseudonymous', 'id object_id owner_key_id');

alter table key_ring add foreign key (master_key_id) references master_keys;
alter table sources add foreign key (secrets_master_key_id) references master_keys;
