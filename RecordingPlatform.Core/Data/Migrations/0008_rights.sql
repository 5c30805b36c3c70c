-- What the app login may do. It never owns a table, so no trigger can be switched off from it.

grant usage on schema public to recordings_app;
grant select, insert, update, delete on all tables in schema public to recordings_app;
grant usage on all sequences in schema public to recordings_app;
grant execute on function ensure_partitions() to recordings_app;

revoke insert, update, delete on schema_migrations, clock, epochs, roles from recordings_app;
revoke update, delete on audit, audit_leaves, checkpoints, events, event_seq, certificates from recordings_app;
-- Reasons can be erased, never removed with their row.
revoke delete on audit_details, kek_versions, master_keys, owner_keys, data_keys, recordings, holds from recordings_app;

-- Partitions are reached through their parents.
do $$
declare
    child text;
begin
    for child in
        select inhrelid::regclass::text from pg_inherits where inhparent in ('audit'::regclass, 'events'::regclass)
    loop
        execute format('revoke all on %s from recordings_app', child);
    end loop;
end $$;
