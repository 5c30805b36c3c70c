-- One statement each, outside of a transaction: an index that is built concurrently does not stop the intake. A build that
-- was broken off leaves an invalid index of its name behind, hence the drops.
drop index concurrently if exists recordings_search;
create index concurrently recordings_search on recordings using gin (search_text gin_trgm_ops);
drop index concurrently if exists recordings_deleted;
create index concurrently recordings_deleted on recordings (recorded_at desc, id desc) where deleted_at is not null;
drop index concurrently if exists recordings_processing;
create index concurrently recordings_processing on recordings (recorded_at desc, id desc) where processing_started_at is not null;
drop index concurrently if exists recordings_uploader_key;
create index concurrently recordings_uploader_key on recordings (uploaded_by_key_id, recorded_at desc, id desc);
drop index concurrently if exists conversations_external;
create index concurrently conversations_external on conversations (external_id);
drop index concurrently if exists conversations_meeting;
create index concurrently conversations_meeting on conversations (meeting_id);
drop index concurrently if exists conversations_caller;
create index concurrently conversations_caller on conversations (caller_phone);
drop index concurrently if exists conversations_receiver;
create index concurrently conversations_receiver on conversations (receiver_phone);
drop index concurrently if exists participants_phone;
create index concurrently participants_phone on participants (phone);
drop index concurrently if exists participants_identity;
create index concurrently participants_identity on participants (identity);
drop index concurrently if exists participants_name;
create index concurrently participants_name on participants (display_name);
