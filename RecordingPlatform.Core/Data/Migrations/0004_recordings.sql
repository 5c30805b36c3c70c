-- What was said, by whom, and what should exist of it.

create extension if not exists pg_trgm;

create table subjects (
    id uuid primary key,
    external_id text unique,
    display_name text,
    email text,
    phone text,
    birth_date date,
    user_id uuid unique references users on delete set null,
    last_contact_at timestamptz,
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    erased_at timestamptz
);
call tag_columns('subjects', 'none', 'created_at updated_at erased_at');
call tag_columns('subjects', 'pseudonymous', 'id user_id');
call tag_columns('subjects', 'personal', 'external_id display_name email phone birth_date last_contact_at');

create table appointments (
    id uuid primary key,
    external_id text not null unique,
    subject_id uuid references subjects,
    clinician_id uuid references users on delete set null,
    room_name text,
    starts_at timestamptz,
    ends_at timestamptz,
    status text not null default 'scheduled' check (status in ('scheduled', 'held', 'cancelled')),
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now()
);
create index appointments_subject on appointments (subject_id);
create index appointments_clinician on appointments (clinician_id);
create index appointments_room on appointments (room_name);
call tag_columns('appointments', 'none', 'status starts_at ends_at created_at updated_at');
call tag_columns('appointments', 'pseudonymous', 'id external_id subject_id clinician_id room_name');

create table conversations (
    id uuid primary key,
    source_id uuid not null references sources,
    external_id text not null,
    kind text not null check (kind in ('call', 'session', 'meeting', 'alarm', 'other')),
    direction text not null default 'none' check (direction in ('inbound', 'outbound', 'internal', 'none')),
    title text,
    caller_phone text,
    receiver_phone text,
    meeting_id text,
    started_at timestamptz not null,
    ended_at timestamptz,
    appointment_id uuid references appointments,
    subject_id uuid references subjects,
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    unique (source_id, external_id)
);
create index conversations_newest on conversations (started_at desc, id desc);
create index conversations_subject on conversations (subject_id);
create index conversations_appointment on conversations (appointment_id);
call tag_columns('conversations', 'none', 'source_id kind direction started_at ended_at created_at updated_at');
call tag_columns('conversations', 'pseudonymous', 'id external_id meeting_id appointment_id subject_id');
call tag_columns('conversations', 'personal', 'title caller_phone receiver_phone');

create table participants (
    id uuid primary key,
    conversation_id uuid not null references conversations,
    identity text,
    display_name text,
    phone text,
    role text,
    user_id uuid references users on delete set null,
    subject_id uuid references subjects,
    joined_at timestamptz,
    left_at timestamptz,
    created_at timestamptz not null default app_now(),
    unique (conversation_id, identity)
);
create index participants_user on participants (user_id);
call tag_columns('participants', 'none', 'role joined_at left_at created_at');
call tag_columns('participants', 'pseudonymous', 'id conversation_id user_id subject_id');
call tag_columns('participants', 'personal', 'identity display_name phone');

-- Per person and purpose, given for a subject in general or for one participant of one conversation.
create table consents (
    id uuid primary key,
    subject_id uuid references subjects,
    participant_id uuid references participants,
    purpose text not null check (purpose in ('recording', 'transcription', 'training', 'research')),
    state text not null check (state in ('given', 'refused', 'withdrawn')),
    decided_at timestamptz not null default app_now(),
    evidence text,
    recorded_by uuid references users on delete set null,
    created_at timestamptz not null default app_now(),
    check (num_nonnulls(subject_id, participant_id) = 1)
);
create index consents_subject on consents (subject_id, purpose, decided_at desc);
create index consents_participant on consents (participant_id, purpose, decided_at desc);
call tag_columns('consents', 'none', 'purpose state decided_at created_at');
call tag_columns('consents', 'pseudonymous', 'id subject_id participant_id recorded_by');
call tag_columns('consents', 'personal', 'evidence');

create table recordings (
    id uuid primary key,
    conversation_id uuid not null references conversations,
    source_id uuid not null references sources,
    external_id text not null,
    state text not null check (state in ('receiving', 'stored', 'ready', 'failed', 'damaged', 'absent')),
    state_reason text,
    processing_started_at timestamptz,
    title text,
    notes text,
    subject_id uuid references subjects,
    appointment_id uuid references appointments,
    uploaded_by_user_id uuid references users on delete set null,
    uploaded_by_key_id uuid references api_keys on delete set null,
    recorded_at timestamptz not null,
    participant_count integer not null default 0,
    mime_type text,
    container text,
    size_bytes bigint,
    content_sha256 bytea check (octet_length(content_sha256) = 32),
    duration interval,
    audio_codec text,
    channels integer,
    sample_rate integer,
    video_codec text,
    width integer,
    height integer,
    loudness_lufs double precision,
    true_peak_dbtp double precision,
    gain_db double precision,
    transcription_status text,
    transcription_id uuid,
    classification smallint not null default 3 check (classification between 1 and 4),
    retain_until timestamptz,
    restricted_at timestamptz,
    deleted_at timestamptz,
    row_version bigint not null default 1,
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    unique (source_id, external_id)
);
create index recordings_newest on recordings (recorded_at desc, id desc) where deleted_at is null;
create index recordings_newest_all on recordings (recorded_at desc, id desc);
create index recordings_state on recordings (state, recorded_at desc, id desc);
create index recordings_conversation on recordings (conversation_id);
create index recordings_subject on recordings (subject_id, recorded_at desc, id desc);
create index recordings_appointment on recordings (appointment_id);
create index recordings_uploader on recordings (uploaded_by_user_id, recorded_at desc, id desc);
create index recordings_source on recordings (source_id, recorded_at desc, id desc);
call tag_columns('recordings', 'none', 'source_id state state_reason processing_started_at recorded_at participant_count mime_type container
    size_bytes duration audio_codec channels sample_rate video_codec width height loudness_lufs true_peak_dbtp gain_db
    transcription_status classification retain_until restricted_at deleted_at row_version created_at updated_at');
call tag_columns('recordings', 'pseudonymous', 'id conversation_id external_id subject_id appointment_id uploaded_by_user_id
    uploaded_by_key_id content_sha256 transcription_id');
call tag_columns('recordings', 'personal', 'title notes');

create table expectations (
    id uuid primary key,
    conversation_id uuid not null references conversations,
    source_id uuid not null references sources,
    medium text not null check (medium in ('audio', 'video', 'composition')),
    state text not null default 'expected' check (state in ('expected', 'late', 'received', 'absent')),
    due_at timestamptz not null,
    recording_id uuid references recordings,
    absent_reason text,
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now()
);
create index expectations_open on expectations (due_at) where state in ('expected', 'late');
create index expectations_conversation on expectations (conversation_id);
call tag_columns('expectations', 'none', 'source_id medium state due_at created_at updated_at');
call tag_columns('expectations', 'pseudonymous', 'id conversation_id recording_id');
call tag_columns('expectations', 'personal', 'absent_reason');

create table matters (
    id uuid primary key,
    name text not null,
    reference text,
    created_by uuid references users on delete set null,
    created_at timestamptz not null default app_now(),
    closed_at timestamptz
);
call tag_columns('matters', 'none', 'reference created_at closed_at');
call tag_columns('matters', 'pseudonymous', 'id created_by');
call tag_columns('matters', 'personal', 'name');

-- Covers what its target has now and will have: disposition looks here, nothing is copied to recordings.
create table holds (
    id uuid primary key,
    matter_id uuid not null references matters,
    target_kind text not null check (target_kind in ('recording', 'conversation', 'subject')),
    target_id uuid not null,
    reason text not null,
    placed_by uuid references users on delete set null,
    placed_at timestamptz not null default app_now(),
    released_by uuid references users on delete set null,
    released_at timestamptz,
    release_reason text
);
create index holds_active on holds (target_kind, target_id) where released_at is null;
call tag_columns('holds', 'none', 'target_kind placed_at released_at');
call tag_columns('holds', 'pseudonymous', 'id matter_id target_id placed_by released_by');
call tag_columns('holds', 'personal', 'reason release_reason');

create table grants (
    id uuid primary key,
    recording_id uuid not null references recordings,
    user_id uuid not null references users on delete cascade,
    play boolean not null,
    download boolean not null,
    expires_at timestamptz,
    granted_by uuid references users on delete set null,
    created_at timestamptz not null default app_now(),
    revoked_at timestamptz
);
create index grants_user on grants (user_id, recording_id) where revoked_at is null;
create index grants_recording on grants (recording_id);
call tag_columns('grants', 'none', 'play download expires_at created_at revoked_at');
call tag_columns('grants', 'pseudonymous', 'id recording_id user_id granted_by');

create table retention_policies (
    id uuid primary key,
    name text not null unique,
    -- null: any
    conversation_kind text check (conversation_kind in ('call', 'session', 'meeting', 'alarm', 'other')),
    object_role text,
    source_id uuid references sources,
    keep_days integer not null check (keep_days > 0),
    archive_after_days integer check (archive_after_days > 0),
    -- A statutory minimum also outlasts consent and erasure.
    statutory boolean not null default false,
    enabled boolean not null default true,
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now()
);
insert into retention_policies (id, name, conversation_kind, object_role, keep_days, statutory) values
    ('0190a000-0000-7000-8000-000000000011', 'recordings', null, null, 30, false),
    ('0190a000-0000-7000-8000-000000000012', 'transcripts', null, 'transcript', 365, false),
    ('0190a000-0000-7000-8000-000000000013', 'clinical sessions', 'session', null, 2557, true);
call tag_columns('retention_policies', 'none', 'id name conversation_kind object_role source_id keep_days archive_after_days
    statutory enabled created_at updated_at');

create table privacy_requests (
    id uuid primary key,
    subject_id uuid not null references subjects,
    kind text not null check (kind in ('access', 'erasure', 'restriction')),
    state text not null default 'open' check (state in ('open', 'scheduled', 'done', 'refused')),
    requested_by uuid references users on delete set null,
    requested_at timestamptz not null default app_now(),
    due_at timestamptz not null,
    finished_at timestamptz,
    answer text
);
create index privacy_requests_subject on privacy_requests (subject_id);
call tag_columns('privacy_requests', 'none', 'kind state requested_at due_at finished_at');
call tag_columns('privacy_requests', 'pseudonymous', 'id subject_id requested_by');
call tag_columns('privacy_requests', 'personal', 'answer');

-- What was destroyed, by which rule, and when that becomes final. Ids and hashes only.
create table certificates (
    id uuid primary key,
    recording_id uuid,
    subject_id uuid,
    reason_code text not null,
    document bytea not null,
    audit_id bigint,
    issued_at timestamptz not null default app_now(),
    final_at timestamptz not null
);
create index certificates_recording on certificates (recording_id);
call make_append_only('certificates');
call tag_columns('certificates', 'none', 'reason_code audit_id issued_at final_at');
call tag_columns('certificates', 'pseudonymous', 'id recording_id subject_id document');
