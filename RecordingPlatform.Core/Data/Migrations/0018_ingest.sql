-- What connectors need: reports that wait to be applied, what a call is known by, files seen in a spool, what was refused.
-- The rules and states are in Ingest/INGEST.md.

-- A report is its own job: it waits as "received" until a worker has made something of it. Its body stands here, sealed,
-- until it lies in the object store.
alter table raw_events
    add column body bytea,
    add column body_master_key_id uuid references master_keys,
    add column attempts integer not null default 0,
    -- When a worker may take it: at once, or later when one has taken it and perhaps died with it.
    add column next_attempt_at timestamptz not null default app_now(),
    add column applied_at timestamptz,
    add column last_error text,
    add check ((body is null) = (body_master_key_id is null));
create index raw_events_waiting on raw_events (next_attempt_at, received_at) where state = 'received';
create index raw_events_unkept on raw_events (received_at) where body is not null and state <> 'received';
call tag_columns('raw_events', 'none', 'body_master_key_id attempts next_attempt_at applied_at');
call tag_columns('raw_events', 'personal', 'body last_error');

-- What was turned away at the door, counted by hour: nobody can fill a table by knocking.
create table refused_deliveries (
    id uuid primary key,
    source_kind text not null,
    -- Null when it could not be told whose it would have been.
    source_id uuid references sources,
    code text not null,
    -- Of the last one: what was wrong, in words without anything of the body.
    detail text not null,
    hour timestamptz not null,
    count bigint not null default 1,
    last_at timestamptz not null default app_now(),
    unique nulls not distinct (source_kind, source_id, code, hour)
);
create index refused_deliveries_newest on refused_deliveries (source_kind, last_at desc);
call tag_columns('refused_deliveries', 'none', 'id source_kind source_id code detail hour count last_at');

-- All ids that a source uses for one conversation: a transferred call has a unique id for each leg and a linked id for all.
create table conversation_keys (
    source_id uuid not null references sources,
    key text not null,
    conversation_id uuid not null references conversations,
    primary key (source_id, key)
);
create index conversation_keys_conversation on conversation_keys (conversation_id);
call tag_columns('conversation_keys', 'none', 'source_id');
call tag_columns('conversation_keys', 'pseudonymous', 'key conversation_id');

alter table expectations
    -- Tells several of one medium apart: a recording's external id, a camera. Empty where there can be one only.
    add column external_id text not null default '',
    -- Retrieval: since when it looks (often at first, then ever more rarely), when next, until when, and how often it has.
    -- Null when nobody looks.
    add column look_from timestamptz,
    add column look_at timestamptz,
    add column look_until timestamptz,
    add column looks integer not null default 0,
    add column late_at timestamptz,
    add column received_at timestamptz,
    add column last_problem text;
update expectations set late_at = due_at where state = 'late';
update expectations set received_at = updated_at where state = 'received';
create unique index expectations_one on expectations (conversation_id, medium, external_id);
create index expectations_looking on expectations (source_id, look_at) where look_at is not null;
create index expectations_days on expectations (source_id, due_at desc, id desc);
create index expectations_newest on expectations (due_at desc, id desc);
call tag_columns('expectations', 'none', 'look_from look_at look_until looks late_at received_at');
call tag_columns('expectations', 'pseudonymous', 'external_id');
call tag_columns('expectations', 'personal', 'last_problem');

-- Files seen where a source leaves its media, until they are taken in, and afterwards so that they are not taken again.
create table spool_files (
    id uuid primary key,
    source_id uuid not null references sources,
    -- Below the source's media location, with /.
    path text not null,
    size_bytes bigint not null,
    modified_at timestamptz not null,
    -- Since when size and time stand still, by looks of ours.
    still_since timestamptz not null default app_now(),
    still_looks integer not null default 1,
    state text not null default 'seen' check (state in ('seen', 'fetching', 'taken', 'empty', 'refused')),
    refusal text,
    conversation_id uuid references conversations,
    recording_id uuid references recordings,
    first_seen_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    unique (source_id, path)
);
create index spool_files_open on spool_files (source_id, updated_at) where state in ('seen', 'fetching');
create index spool_files_recording on spool_files (recording_id);
call tag_columns('spool_files', 'none', 'id source_id size_bytes modified_at still_since still_looks state first_seen_at updated_at');
call tag_columns('spool_files', 'pseudonymous', 'conversation_id recording_id');
-- Names of files hold phone numbers.
call tag_columns('spool_files', 'personal', 'path refusal');

-- What the test button found.
create table source_checks (
    id uuid primary key,
    source_id uuid not null references sources,
    requested_by uuid references users on delete set null,
    requested_at timestamptz not null default app_now(),
    finished_at timestamptz,
    findings jsonb not null default '[]'
);
create index source_checks_newest on source_checks (source_id, requested_at desc);
call tag_columns('source_checks', 'none', 'id source_id requested_at finished_at findings');
call tag_columns('source_checks', 'pseudonymous', 'requested_by');

-- History: conversations of one kind or source, newest first, whatever else there is.
create index conversations_kind_newest on conversations (kind, started_at desc, id desc);
create index conversations_source_newest on conversations (source_id, started_at desc, id desc);

grant select, insert, update, delete on refused_deliveries, conversation_keys, spool_files, source_checks to recordings_app;
