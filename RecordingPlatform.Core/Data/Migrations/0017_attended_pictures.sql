-- Whether a session has a picture, where the sessions that somebody held can be read in order: else the few that have one
-- are looked for among all of theirs.

alter table attendances add column has_video boolean;
update attendances a set has_video = r.video_codec is not null from recordings r where r.id = a.recording_id;
alter table attendances alter column has_video set not null;
call tag_columns('attendances', 'none', 'has_video');

create or replace function attendances_of(of_recording uuid) returns setof attendances language sql stable as $$
    select a.clinician_id, r.id, r.recorded_at, r.status, r.video_codec is not null
    from recordings r join appointments a on a.id = r.appointment_id
    where r.id = of_recording and r.conversation_kind = 'session' and a.clinician_id is not null
    union
    select p.user_id, r.id, r.recorded_at, r.status, r.video_codec is not null
    from recordings r join participants p on p.conversation_id = r.conversation_id
    where r.id = of_recording and r.conversation_kind = 'session' and p.user_id is not null
$$;

create or replace function move_attendances() returns trigger language plpgsql as $$
begin
    update attendances set recorded_at = new.recorded_at, status = new.status, has_video = new.video_codec is not null where recording_id = new.id;
    return null;
end $$;
drop trigger recordings_attended_otherwise on recordings;
create trigger recordings_attended_otherwise after update on recordings for each row
    when ((old.recorded_at, old.status, old.video_codec is null) is distinct from (new.recorded_at, new.status, new.video_codec is null)) execute function move_attendances();
