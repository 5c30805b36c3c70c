-- The clock, the epoch and the privacy tags that every later table leans on.

-- Every column says what it tells about a person: none (nothing), pseudonymous (an id that leads to one),
-- personal (the person). Erasure walks these tags; an untagged column fails a test.
create procedure tag_columns(table_name text, privacy text, columns text) language plpgsql as $$
declare
    column_name text;
begin
    if privacy not in ('none', 'pseudonymous', 'personal') then
        raise exception 'unknown privacy tag %', privacy;
    end if;
    foreach column_name in array regexp_split_to_array(trim(columns), '\s+') loop
        execute format('comment on column %I.%I is %L', table_name, column_name, 'privacy: ' || privacy);
    end loop;
end $$;

call tag_columns('schema_migrations', 'none', 'MigrationId ProductVersion');

-- Only recordings_owner may write the offset. It is zero in production (checked at start); tests move the clock here.
create table clock (
    singleton boolean primary key default true check (singleton),
    clock_offset interval not null default '0'
);
insert into clock default values;
call tag_columns('clock', 'none', 'singleton clock_offset');

-- Declared stable so that conditions on it can use an index: a statement may see one value throughout.
create function app_now() returns timestamptz language sql stable as
    'select clock_timestamp() + (select clock_offset from clock)';

-- Transaction ids restart lower after a restore from backup: a restore adds a row here, and rows of
-- earlier epochs sort before all later ones.
create table epochs (
    epoch integer primary key,
    began_at timestamptz not null default app_now(),
    why text not null
);
insert into epochs (epoch, why) values (1, 'created');
call tag_columns('epochs', 'none', 'epoch began_at why');

create function current_epoch() returns integer language sql stable as 'select max(epoch) from epochs';

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% on %: what is written here stays (append-only)', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end $$;

create procedure make_append_only(table_name text) language plpgsql as $$
begin
    execute format('create trigger %I before update or delete on %I for each row execute function refuse_change()',
        table_name || '_append_only', table_name);
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()',
        table_name || '_no_truncate', table_name);
end $$;
