-- The audit log and the live events. Rows are written by the transaction that did the thing and never touched again;
-- their gapless numbers are given afterwards, in insert-only tables, in the order (epoch, xid, id).

create table audit (
    id bigint generated always as identity,
    at timestamptz not null default app_now(),
    epoch integer not null default current_epoch(),
    xid xid8 not null default pg_current_xact_id(),
    action integer not null,
    outcome text not null check (outcome in ('done', 'denied', 'failed')),
    actor_kind text not null check (actor_kind in ('user', 'api_key', 'system', 'anonymous')),
    actor_id uuid,
    session_id uuid,
    recording_id uuid,
    subject_id uuid,
    target_kind text,
    target_id uuid,
    facts jsonb,
    details_id uuid,
    leaf bytea not null,
    primary key (id, at)
) partition by range (at);
create index audit_order on audit (epoch, xid, id);
create index audit_recording on audit (recording_id, at desc);
create index audit_actor on audit (actor_id, at desc);
create index audit_action on audit (action, at desc);
call make_append_only('audit');
call tag_columns('audit', 'none', 'id at epoch xid action outcome actor_kind target_kind facts');
call tag_columns('audit', 'pseudonymous', 'actor_id session_id recording_id subject_id target_id details_id leaf');

-- The erasable part: the leaf holds only its salted hash.
create table audit_details (
    id uuid primary key,
    audit_at timestamptz not null default app_now(),
    salt bytea not null check (octet_length(salt) = 32),
    reason text,
    ip text,
    user_agent text,
    erased_at timestamptz
);
call tag_columns('audit_details', 'none', 'audit_at salt erased_at');
call tag_columns('audit_details', 'pseudonymous', 'id');
call tag_columns('audit_details', 'personal', 'reason ip user_agent');

create table audit_leaves (
    leaf_index bigint primary key check (leaf_index >= 0),
    audit_id bigint not null unique,
    audit_at timestamptz not null,
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32)
);
call make_append_only('audit_leaves');
call tag_columns('audit_leaves', 'none', 'leaf_index audit_id audit_at leaf_hash');

create table checkpoints (
    size bigint primary key check (size >= 0),
    root bytea not null check (octet_length(root) = 32),
    at timestamptz not null default app_now(),
    service_key_id uuid not null references service_keys,
    signature bytea not null,
    note bytea not null
);
call make_append_only('checkpoints');
call tag_columns('checkpoints', 'none', 'size root at service_key_id signature note');

create table events (
    id bigint generated always as identity,
    at timestamptz not null default app_now(),
    epoch integer not null default current_epoch(),
    xid xid8 not null default pg_current_xact_id(),
    kind text not null,
    conversation_id uuid,
    recording_id uuid,
    data jsonb not null default '{}',
    primary key (id, at)
) partition by range (at);
create index events_order on events (epoch, xid, id);
call make_append_only('events');
call tag_columns('events', 'none', 'id at epoch xid kind');
call tag_columns('events', 'pseudonymous', 'conversation_id recording_id data');

create table event_seq (
    seq bigint primary key check (seq > 0),
    event_id bigint not null unique,
    event_at timestamptz not null
);
call make_append_only('event_seq');
call tag_columns('event_seq', 'none', 'seq event_id event_at');

-- Run by migrate and daily. A row that lands in a default partition means this did not run: it alarms.
create function ensure_partitions() returns integer language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent text;
    month date;
    child text;
    made integer := 0;
begin
    foreach parent in array array['audit', 'events'] loop
        if to_regclass(parent || '_default') is null then
            execute format('create table %I partition of %I default', parent || '_default', parent);
            execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()',
                parent || '_default_no_truncate', parent || '_default');
        end if;
        for ahead in 0..3 loop
            month := date_trunc('month', app_now() at time zone 'UTC') + make_interval(months => ahead);
            child := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
            if to_regclass(child) is null then
                execute format('create table %I partition of %I for values from (%L) to (%L)', child, parent,
                    month::timestamp at time zone 'UTC', (month + interval '1 month')::timestamp at time zone 'UTC');
                execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()',
                    child || '_no_truncate', child);
                made := made + 1;
            end if;
        end loop;
    end loop;
    return made;
end $$;
revoke execute on function ensure_partitions() from public;
select ensure_partitions();
