-- What people write about moments of a recording, and which channel a participant is heard on.

-- Erased with the recording: by its id, as its title and notes are. A note that its author takes back is gone at once;
-- the audit log keeps that there was one, never what it said.
create table recording_notes (
    id uuid primary key,
    recording_id uuid not null references recordings,
    author_user_id uuid references users on delete set null,
    author_key_id uuid references api_keys on delete set null,
    -- Seconds from the beginning; null when it is about the whole.
    at_seconds double precision check (at_seconds >= 0),
    text text not null check (char_length(text) between 1 and 2000),
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now()
);
create index recording_notes_recording on recording_notes (recording_id, at_seconds, id);
call tag_columns('recording_notes', 'none', 'at_seconds created_at updated_at');
call tag_columns('recording_notes', 'pseudonymous', 'id recording_id author_user_id author_key_id');
call tag_columns('recording_notes', 'personal', 'text');
grant select, insert, update, delete on recording_notes to recordings_app;

-- Counted from 1, in recordings that keep their speakers apart; null where the source does not say.
alter table participants add column channel smallint check (channel > 0);
call tag_columns('participants', 'none', 'channel');
