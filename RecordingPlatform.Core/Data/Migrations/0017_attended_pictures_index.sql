drop index concurrently if exists attendances_video;
create index concurrently attendances_video on attendances (user_id, recorded_at desc, recording_id desc) where has_video and status <> 'deleted';
