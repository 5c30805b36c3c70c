-- One statement each, outside of a transaction, as in 0012.
drop index concurrently if exists conversations_search;
create index concurrently conversations_search on conversations using gin (search_text gin_trgm_ops);
drop index concurrently if exists conversations_people;
create index concurrently conversations_people on conversations using gin (search_people gin_trgm_ops);
drop index concurrently if exists conversations_numbers;
create index concurrently conversations_numbers on conversations using gin (search_numbers gin_trgm_ops);
-- A role sees kinds: of one source, its part is a range of this.
drop index concurrently if exists conversations_source_kind;
create index concurrently conversations_source_kind on conversations (source_id, kind, started_at desc, id desc);
-- Where a direction is rare it is not looked for among everything.
drop index concurrently if exists conversations_direction;
create index concurrently conversations_direction on conversations (direction, started_at desc, id desc) where direction <> 'none';
-- What becomes late next, however many are late.
drop index concurrently if exists expectations_due;
create index concurrently expectations_due on expectations (due_at) where state = 'expected';
-- One state of a time, newest first, and its number without the table.
drop index concurrently if exists expectations_state;
create index concurrently expectations_state on expectations (state, due_at desc, id desc) include (source_id, conversation_id);
drop index concurrently if exists expectations_counted;
create index concurrently expectations_counted on expectations (due_at desc, id desc) include (state, source_id, conversation_id);
-- What the last one does too.
drop index concurrently if exists expectations_newest;
