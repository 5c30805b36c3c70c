-- A number is looked for at both ends of a conversation and among its participants; a name by any part of it.
drop index concurrently if exists conversations_caller_tail;
create index concurrently conversations_caller_tail on conversations (phone_tail(caller_phone) text_pattern_ops) where caller_phone is not null;
drop index concurrently if exists conversations_receiver_tail;
create index concurrently conversations_receiver_tail on conversations (phone_tail(receiver_phone) text_pattern_ops) where receiver_phone is not null;
drop index concurrently if exists participants_phone_tail;
create index concurrently participants_phone_tail on participants (phone_tail(phone) text_pattern_ops) where phone is not null;
drop index concurrently if exists participants_words;
create index concurrently participants_words on participants using gin ((coalesce(display_name, '') || ' ' || coalesce(identity, '')) gin_trgm_ops);
drop index concurrently if exists conversations_words;
create index concurrently conversations_words on conversations using gin ((coalesce(title, '') || ' ' || external_id || ' ' || coalesce(meeting_id, '')) gin_trgm_ops);
drop index concurrently if exists conversations_direction_newest;
create index concurrently conversations_direction_newest on conversations (direction, started_at desc, id desc);
