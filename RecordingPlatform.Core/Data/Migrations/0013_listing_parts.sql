-- What each rule of visibility goes by stands where the list can be read in order: a page is then a range of an index.
-- The column "status" rewrites the table under its lock: the intake waits for that.

alter table recordings
    add column status text not null generated always as (
        case when deleted_at is not null then 'deleted'
             when state = 'stored' and processing_started_at is not null then 'processing'
             else state end) stored,
    add column conversation_kind text check (conversation_kind in ('call', 'session', 'meeting', 'alarm', 'other'));
update recordings r set conversation_kind = c.kind from conversations c where c.id = r.conversation_id;
alter table recordings alter column conversation_kind set not null;
call tag_columns('recordings', 'none', 'status conversation_kind');

-- Who held or joined a session that is recorded, one row for each recording; the triggers below keep it.
create table attendances (
    user_id uuid not null references users on delete cascade,
    recording_id uuid not null references recordings on delete cascade,
    recorded_at timestamptz not null,
    status text not null,
    primary key (user_id, recording_id)
);
call tag_columns('attendances', 'none', 'recorded_at status');
call tag_columns('attendances', 'pseudonymous', 'user_id recording_id');
grant select, insert, update, delete on attendances to recordings_app;

create function attendances_of(of_recording uuid) returns setof attendances language sql stable as $$
    select a.clinician_id, r.id, r.recorded_at, r.status
    from recordings r join appointments a on a.id = r.appointment_id
    where r.id = of_recording and r.conversation_kind = 'session' and a.clinician_id is not null
    union
    select p.user_id, r.id, r.recorded_at, r.status
    from recordings r join participants p on p.conversation_id = r.conversation_id
    where r.id = of_recording and r.conversation_kind = 'session' and p.user_id is not null
$$;
insert into attendances select a.* from recordings r cross join lateral attendances_of(r.id) a where r.conversation_kind = 'session';

create function renew_attendances(of_recording uuid) returns void language plpgsql as $$
begin
    delete from attendances where recording_id = of_recording;
    insert into attendances select * from attendances_of(of_recording);
end $$;

-- Whoever adds a recording and whoever adds a participant must not miss each other: both lock the conversation, exclusively
-- but for foreign keys. A new clinician has the appointment locked by its change. The subject first, as everywhere.
create function keep_conversation_kind() returns trigger language plpgsql as $$
begin
    perform 1 from subjects where id = new.subject_id for key share;
    select kind into new.conversation_kind from conversations where id = new.conversation_id for no key update;
    perform 1 from appointments where id = new.appointment_id for share;
    return new;
end $$;
create trigger recordings_conversation_kind before insert or update of conversation_id, appointment_id, conversation_kind on recordings
    for each row execute function keep_conversation_kind();

create function keep_attendances() returns trigger language plpgsql as $$
begin
    perform renew_attendances(new.id);
    return null;
end $$;
create trigger recordings_attended after insert on recordings for each row
    when (new.conversation_kind = 'session') execute function keep_attendances();
create trigger recordings_attended_anew after update on recordings for each row
    when ((old.conversation_kind, old.conversation_id, old.appointment_id) is distinct from (new.conversation_kind, new.conversation_id, new.appointment_id))
    execute function keep_attendances();

create function move_attendances() returns trigger language plpgsql as $$
begin
    update attendances set recorded_at = new.recorded_at, status = new.status where recording_id = new.id;
    return null;
end $$;
create trigger recordings_attended_otherwise after update on recordings for each row
    when ((old.recorded_at, old.status) is distinct from (new.recorded_at, new.status)) execute function move_attendances();

create function pass_on_kind() returns trigger language plpgsql as $$
begin
    update recordings set conversation_kind = new.kind where conversation_id = new.id;
    return null;
end $$;
create trigger conversations_kind after update on conversations for each row
    when (old.kind is distinct from new.kind) execute function pass_on_kind();

create function renew_attendances_within(of_conversation uuid) returns void language plpgsql as $$
declare
    recording uuid;
begin
    perform 1 from conversations where id = of_conversation for no key update;
    for recording in select id from recordings where conversation_id = of_conversation order by id for no key update loop
        perform renew_attendances(recording);
    end loop;
end $$;

create function pass_on_participant() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        perform renew_attendances_within(old.conversation_id);
    end if;
    if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new.conversation_id <> old.conversation_id) then
        perform renew_attendances_within(new.conversation_id);
    end if;
    return null;
end $$;
create trigger participants_joined after insert on participants for each row when (new.user_id is not null) execute function pass_on_participant();
create trigger participants_changed after update on participants for each row
    when ((old.user_id, old.conversation_id) is distinct from (new.user_id, new.conversation_id)) execute function pass_on_participant();
create trigger participants_left after delete on participants for each row when (old.user_id is not null) execute function pass_on_participant();

create function pass_on_clinician() returns trigger language plpgsql as $$
declare
    recording uuid;
begin
    for recording in select id from recordings where appointment_id = new.id order by id for no key update loop
        perform renew_attendances(recording);
    end loop;
    return null;
end $$;
create trigger appointments_clinician after update on appointments for each row
    when (old.clinician_id is distinct from new.clinician_id) execute function pass_on_clinician();
