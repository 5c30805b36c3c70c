-- The overview counts days by status and source from the index that has the list in order; the narrower one is not needed beside it.
drop index concurrently if exists recordings_listed;
create index concurrently recordings_listed on recordings (recorded_at desc, id desc) include (status, source_id) where deleted_at is null;
drop index concurrently if exists recordings_newest;
-- Where few recordings have a picture, a list of them is not looked for among all others.
drop index concurrently if exists recordings_video;
create index concurrently recordings_video on recordings (recorded_at desc, id desc) where video_codec is not null;
drop index concurrently if exists recordings_kind_video;
create index concurrently recordings_kind_video on recordings (conversation_kind, recorded_at desc, id desc) where video_codec is not null;
drop index concurrently if exists recordings_source_video;
create index concurrently recordings_source_video on recordings (source_id, recorded_at desc, id desc) where video_codec is not null;
drop index concurrently if exists recordings_subject_video;
create index concurrently recordings_subject_video on recordings (subject_id, recorded_at desc, id desc) where video_codec is not null and subject_id is not null;
drop index concurrently if exists recordings_uploader_video;
create index concurrently recordings_uploader_video on recordings (uploaded_by_user_id, recorded_at desc, id desc) where video_codec is not null and uploaded_by_user_id is not null;
drop index concurrently if exists recordings_uploader_key_video;
create index concurrently recordings_uploader_key_video on recordings (uploaded_by_key_id, recorded_at desc, id desc) where video_codec is not null and uploaded_by_key_id is not null;
drop index concurrently if exists expectations_source_open;
create index concurrently expectations_source_open on expectations (source_id, due_at) where state in ('expected', 'late');
