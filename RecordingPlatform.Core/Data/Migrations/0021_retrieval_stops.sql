-- Retrieval that stands still until a person has looked: a PBX that shows another host key is not asked again.

create table retrieval_stops (
    source_id uuid primary key references sources,
    -- sources.updated_at as it was: whoever changes the source, or stores it anew as it is, lets retrieval go on.
    settings_at timestamptz not null,
    reason text not null,
    stopped_at timestamptz not null default app_now()
);
call tag_columns('retrieval_stops', 'none', 'source_id settings_at reason stopped_at');
grant select, insert, update, delete on retrieval_stops to recordings_app;
