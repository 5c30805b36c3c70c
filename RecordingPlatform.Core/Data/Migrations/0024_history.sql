-- The history: conversations newest first for whoever may see them, with what they are searched by beside them.

-- Kept by triggers as recordings.search_text is: all words; who took part; the digits of each phone number on a line of its
-- own, so that the last digits of a number are the end of a line.
alter table conversations
    add column search_text text,
    add column search_people text,
    add column search_numbers text;
call tag_columns('conversations', 'personal', 'search_text search_people search_numbers');

create function phone_digits(phone text) returns text language sql immutable parallel safe as $$
    select nullif(regexp_replace(phone, '[^0-9]', '', 'g'), '')
$$;

create function keep_conversation_search() returns trigger language plpgsql as $$
declare
    names text;
    phones text[];
begin
    select string_agg(nullif(concat_ws(E'\n', display_name, identity), ''), E'\n' order by id), array_agg(phone)
        into names, phones from participants where conversation_id = new.id;
    new.search_people := names;
    new.search_text := concat_ws(E'\n', new.title, new.external_id, new.meeting_id, new.caller_phone, new.receiver_phone, names, array_to_string(phones, E'\n'));
    new.search_numbers := (select string_agg(digits || E'\n', '' order by digits)
        from (select distinct phone_digits(p) as digits from unnest(phones || new.caller_phone || new.receiver_phone) p) numbers);
    return new;
end $$;
create trigger conversations_search before insert or update of title, external_id, meeting_id, caller_phone, receiver_phone, search_text on conversations
    for each row execute function keep_conversation_search();

create function pass_on_participants_words() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        update conversations set search_text = null where id = old.conversation_id;
    end if;
    if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new.conversation_id <> old.conversation_id) then
        update conversations set search_text = null where id = new.conversation_id;
    end if;
    return null;
end $$;
create trigger participants_words after insert or delete on participants for each row execute function pass_on_participants_words();
create trigger participants_words_changed after update on participants for each row
    when ((old.conversation_id, old.identity, old.display_name, old.phone) is distinct from (new.conversation_id, new.identity, new.display_name, new.phone))
    execute function pass_on_participants_words();

update conversations set search_text = null;

-- By whom a conversation is seen beside its kind and source, in the order of the history: who held or joined a session, whom
-- a recording is about, who brought one. One row for each reason, so that taking one away is taking away its row.
create table conversation_viewers (
    -- A user, or an API key.
    viewer_id uuid not null,
    way text not null check (way in ('attended', 'subject', 'uploaded')),
    started_at timestamptz not null,
    conversation_id uuid not null references conversations on delete cascade,
    -- The recording that is the reason, as long as it is not deleted; null when the conversation itself is.
    recording_id uuid references recordings on delete cascade
);
call tag_columns('conversation_viewers', 'none', 'way started_at');
call tag_columns('conversation_viewers', 'pseudonymous', 'viewer_id conversation_id recording_id');
grant select, insert, update, delete on conversation_viewers to recordings_app;

create function viewers_of_conversation(of_conversation uuid) returns setof conversation_viewers language sql stable as $$
    select a.clinician_id, 'attended', c.started_at, c.id, null::uuid
    from conversations c join appointments a on a.id = c.appointment_id
    where c.id = of_conversation and c.kind = 'session' and a.clinician_id is not null
    union
    select p.user_id, 'attended', c.started_at, c.id, null::uuid
    from conversations c join participants p on p.conversation_id = c.id
    where c.id = of_conversation and c.kind = 'session' and p.user_id is not null
$$;

create function viewers_of_recording(of_recording uuid) returns setof conversation_viewers language sql stable as $$
    select v.id, v.way, c.started_at, c.id, r.id
    from recordings r join conversations c on c.id = r.conversation_id
    left join subjects s on s.id = r.subject_id
    left join appointments a on a.id = r.appointment_id and c.kind = 'session'
    cross join lateral (values (r.uploaded_by_user_id, 'uploaded'), (r.uploaded_by_key_id, 'uploaded'), (s.user_id, 'subject'), (a.clinician_id, 'attended')) v (id, way)
    where r.id = of_recording and r.deleted_at is null and v.id is not null
$$;

insert into conversation_viewers select v.* from conversations c cross join lateral viewers_of_conversation(c.id) v where c.kind = 'session';
insert into conversation_viewers select v.* from recordings r cross join lateral viewers_of_recording(r.id) v where r.deleted_at is null;

create unique index conversation_viewers_one on conversation_viewers (conversation_id, recording_id, way, viewer_id) nulls not distinct;
create index conversation_viewers_newest on conversation_viewers (viewer_id, way, started_at desc, conversation_id desc);
create index conversation_viewers_recording on conversation_viewers (recording_id) where recording_id is not null;

create function renew_viewers_of_conversation(of_conversation uuid) returns void language plpgsql as $$
begin
    delete from conversation_viewers where conversation_id = of_conversation and recording_id is null;
    insert into conversation_viewers select * from viewers_of_conversation(of_conversation) on conflict do nothing;
end $$;

create function renew_viewers_of_recording(of_recording uuid) returns void language plpgsql as $$
begin
    delete from conversation_viewers where recording_id = of_recording;
    insert into conversation_viewers select * from viewers_of_recording(of_recording) on conflict do nothing;
end $$;

create function keep_viewers_of_recording() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        delete from conversation_viewers where recording_id = new.id;
    end if;
    if new.deleted_at is null then
        -- Its beginning must not change unseen; whoever adds a recording has it locked already.
        perform 1 from conversations where id = new.conversation_id for share;
        insert into conversation_viewers select * from viewers_of_recording(new.id) on conflict do nothing;
    end if;
    return null;
end $$;
create trigger recordings_viewers after insert on recordings for each row execute function keep_viewers_of_recording();
create trigger recordings_viewers_anew after update on recordings for each row
    when ((old.conversation_id, old.conversation_kind, old.subject_id, old.appointment_id, old.uploaded_by_user_id, old.uploaded_by_key_id, old.deleted_at is null)
        is distinct from (new.conversation_id, new.conversation_kind, new.subject_id, new.appointment_id, new.uploaded_by_user_id, new.uploaded_by_key_id, new.deleted_at is null))
    execute function keep_viewers_of_recording();

create function keep_viewers_of_conversation() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' or (old.kind, old.appointment_id) is distinct from (new.kind, new.appointment_id) then
        perform renew_viewers_of_conversation(new.id);
    end if;
    update conversation_viewers set started_at = new.started_at where conversation_id = new.id and started_at <> new.started_at;
    return null;
end $$;
create trigger conversations_viewers after insert on conversations for each row
    when (new.kind = 'session' and new.appointment_id is not null) execute function keep_viewers_of_conversation();
create trigger conversations_viewers_anew after update on conversations for each row
    when ((old.kind, old.appointment_id, old.started_at) is distinct from (new.kind, new.appointment_id, new.started_at)) execute function keep_viewers_of_conversation();

create function pass_on_viewers_of_participant() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        perform 1 from conversations where id = old.conversation_id for no key update;
        perform renew_viewers_of_conversation(old.conversation_id);
    end if;
    if tg_op = 'INSERT' or (tg_op = 'UPDATE' and new.conversation_id <> old.conversation_id) then
        perform 1 from conversations where id = new.conversation_id for no key update;
        perform renew_viewers_of_conversation(new.conversation_id);
    end if;
    return null;
end $$;
create trigger participants_viewers_joined after insert on participants for each row when (new.user_id is not null) execute function pass_on_viewers_of_participant();
create trigger participants_viewers_changed after update on participants for each row
    when ((old.user_id, old.conversation_id) is distinct from (new.user_id, new.conversation_id)) execute function pass_on_viewers_of_participant();
create trigger participants_viewers_left after delete on participants for each row when (old.user_id is not null) execute function pass_on_viewers_of_participant();

-- Locks no conversation: whoever adds a recording locks conversation and appointment in this order. Who reads a page asks the
-- rule itself once more of what it shows.
create function pass_on_viewers_of_appointment() returns trigger language plpgsql as $$
declare
    one uuid;
begin
    for one in select id from conversations where appointment_id = new.id order by id loop
        perform renew_viewers_of_conversation(one);
    end loop;
    for one in select id from recordings where appointment_id = new.id order by id loop
        perform renew_viewers_of_recording(one);
    end loop;
    return null;
end $$;
create trigger appointments_viewers after update on appointments for each row
    when (old.clinician_id is distinct from new.clinician_id) execute function pass_on_viewers_of_appointment();

create function pass_on_viewers_of_subject() returns trigger language plpgsql as $$
begin
    delete from conversation_viewers where way = 'subject' and recording_id in (select id from recordings where subject_id = new.id);
    insert into conversation_viewers
        select v.* from recordings r cross join lateral viewers_of_recording(r.id) v where r.subject_id = new.id and v.way = 'subject'
        on conflict do nothing;
    return null;
end $$;
create trigger subjects_viewers after update on subjects for each row
    when (old.user_id is distinct from new.user_id) execute function pass_on_viewers_of_subject();
