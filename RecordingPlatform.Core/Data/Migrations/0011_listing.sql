-- What lists search in, beside the row that is listed: one trigram index answers a search over several tables' words.

alter table recordings add column search_text text;
call tag_columns('recordings', 'personal', 'search_text');

create function search_text_of(recording_title text, of_conversation uuid) returns text language sql stable as $$
    select concat_ws(E'\n', recording_title, nullif(c.title, recording_title), c.external_id, c.meeting_id, c.caller_phone, c.receiver_phone)
    from conversations c where c.id = of_conversation
$$;

create function keep_search_text() returns trigger language plpgsql as $$
begin
    new.search_text := search_text_of(new.title, new.conversation_id);
    return new;
end $$;
create trigger recordings_search_text before insert or update of title, conversation_id, search_text on recordings
    for each row execute function keep_search_text();

create function pass_on_search_text() returns trigger language plpgsql as $$
begin
    update recordings set search_text = null where conversation_id = new.id;
    return null;
end $$;
create trigger conversations_search_text after update on conversations for each row
    when ((old.title, old.external_id, old.meeting_id, old.caller_phone, old.receiver_phone)
        is distinct from (new.title, new.external_id, new.meeting_id, new.caller_phone, new.receiver_phone))
    execute function pass_on_search_text();

update recordings set search_text = null;

-- How each worker stands, by its own word: health in the api has no other way to know what runs elsewhere.
create table worker_standings (
    worker text primary key,
    started_at timestamptz not null default app_now(),
    reported_at timestamptz not null default app_now(),
    -- Null when ffmpeg and ffprobe are there.
    media_failure text
);
call tag_columns('worker_standings', 'none', 'worker started_at reported_at media_failure');
grant select, insert, update, delete on worker_standings to recordings_app;
