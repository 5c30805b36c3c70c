-- One row per sealed object, and the ways bytes come in and go out.

create table upload_sessions (
    id uuid primary key,
    kind text not null check (kind in ('tus', 'live', 'socket_io')),
    recording_id uuid references recordings,
    user_id uuid references users on delete set null,
    api_key_id uuid references api_keys on delete set null,
    state text not null default 'open' check (state in ('open', 'assembling', 'completed', 'aborted', 'expired')),
    -- Rises when another writer takes over: what the former one still sends is refused.
    epoch integer not null default 1,
    received_bytes bigint not null default 0,
    last_sequence bigint not null default 0,
    declared_bytes bigint,
    metadata jsonb not null default '{}',
    expires_at timestamptz not null,
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now()
);
create index upload_sessions_expiry on upload_sessions (expires_at) where state = 'open';
create index upload_sessions_recording on upload_sessions (recording_id);
call tag_columns('upload_sessions', 'none', 'kind state epoch received_bytes last_sequence declared_bytes expires_at created_at updated_at');
call tag_columns('upload_sessions', 'pseudonymous', 'id recording_id user_id api_key_id');
call tag_columns('upload_sessions', 'personal', 'metadata');

create table objects (
    id uuid primary key,
    owner_kind text not null check (owner_kind in ('recording', 'session_file', 'export', 'raw_event')),
    owner_id uuid not null,
    recording_id uuid references recordings,
    role text not null check (role in ('original', 'playback', 'waveform', 'transcript', 'redacted', 'clip', 'part', 'session_file', 'export', 'raw_event')),
    variant text not null default '',
    -- One name per attempt: content never changes under a name.
    name text not null unique,
    state text not null check (state in ('writing', 'published')),
    writing_until timestamptz,
    data_key_id uuid not null unique,
    mime_type text,
    file_name text,
    plaintext_length bigint,
    segments bigint,
    sealed_length bigint,
    -- Tells a wrong key from a foreign row when the header does not open (Sealing/FORMAT.md).
    key_check bigint,
    sha256 bytea check (octet_length(sha256) = 32),
    upload_session_id uuid references upload_sessions,
    part_sequence bigint,
    part_offset bigint,
    part_epoch integer,
    tier text not null default 'hot' check (tier in ('hot', 'cool', 'cold', 'archive')),
    restoring_since timestamptz,
    retain_until timestamptz,
    restricted_at timestamptz,
    deletion text not null default 'none' check (deletion in ('none', 'marked', 'deleting', 'purged')),
    deletion_reason text,
    marked_at timestamptz,
    purge_after timestamptz,
    purged_at timestamptz,
    superseded_at timestamptz,
    vendor_uri text,
    vendor_deleted_at timestamptz,
    created_at timestamptz not null default app_now(),
    published_at timestamptz,
    -- The owner's row may be written after the bytes: who they belong to is sometimes said last.
    check (recording_id is null or (owner_kind = 'recording' and owner_id = recording_id)),
    check (state = 'writing' or owner_kind <> 'recording' or recording_id is not null),
    check (state = 'writing' or (plaintext_length is not null and segments is not null and sealed_length is not null and sha256 is not null)),
    check (state = 'published' or writing_until is not null),
    check ((deletion = 'none') = (marked_at is null))
);
create index objects_recording on objects (recording_id, role, variant);
create index objects_owner on objects (owner_kind, owner_id);
create index objects_writing on objects (writing_until) where state = 'writing';
create index objects_retention on objects (retain_until, id) where deletion = 'none';
create index objects_purge on objects (purge_after, id) where deletion in ('marked', 'deleting');
create unique index objects_part on objects (upload_session_id, part_epoch, part_sequence) where upload_session_id is not null;
-- What was published stays on record, purged or not; only an unfinished write disappears.
create trigger objects_keep_published before delete on objects for each row when (old.state = 'published') execute function refuse_change();
-- A recording plays one rendition of each kind.
create unique index objects_current on objects (recording_id, role, variant)
    where state = 'published' and superseded_at is null and role in ('original', 'playback', 'waveform');
call tag_columns('objects', 'none', 'owner_kind role variant state writing_until mime_type plaintext_length segments sealed_length key_check
    part_sequence part_offset part_epoch tier restoring_since retain_until restricted_at deletion deletion_reason marked_at
    purge_after purged_at superseded_at vendor_deleted_at created_at published_at');
call tag_columns('objects', 'pseudonymous', 'id owner_id recording_id name data_key_id sha256 upload_session_id vendor_uri');
call tag_columns('objects', 'personal', 'file_name');

create table tickets (
    id uuid primary key,
    kind text not null check (kind in ('playback', 'upload', 'connect')),
    -- A connect ticket is a random token, stored hashed; a playback ticket is signed and needs none.
    token_hash bytea unique,
    session_id uuid references sessions on delete cascade,
    api_key_id uuid references api_keys on delete cascade,
    recording_id uuid references recordings,
    object_id uuid references objects,
    upload_session_id uuid references upload_sessions,
    attachment boolean not null default false,
    expires_at timestamptz not null,
    created_at timestamptz not null default app_now(),
    first_used_at timestamptz,
    revoked_at timestamptz,
    check (num_nonnulls(session_id, api_key_id) = 1)
);
create index tickets_expiry on tickets (expires_at);
create index tickets_recording on tickets (recording_id);
call tag_columns('tickets', 'none', 'kind token_hash attachment expires_at created_at first_used_at revoked_at');
call tag_columns('tickets', 'pseudonymous', 'id session_id api_key_id recording_id object_id upload_session_id');

-- What a source told us, as it came: sealed body, kept 30 days.
create table raw_events (
    id uuid primary key,
    source_id uuid not null references sources,
    dedupe_key text not null,
    kind text not null,
    state text not null default 'received' check (state in ('received', 'applied', 'ignored', 'refused')),
    refusal text,
    conversation_id uuid references conversations,
    recording_id uuid references recordings,
    subject_id uuid references subjects,
    received_at timestamptz not null default app_now(),
    expires_at timestamptz not null,
    unique (source_id, dedupe_key)
);
create index raw_events_newest on raw_events (source_id, received_at desc);
create index raw_events_expiry on raw_events (expires_at);
call tag_columns('raw_events', 'none', 'source_id kind state refusal received_at expires_at');
call tag_columns('raw_events', 'pseudonymous', 'id dedupe_key conversation_id recording_id subject_id');
