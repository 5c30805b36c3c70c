-- Which of a caller's views was audited when: a page that refreshes itself is one audit row for each ten minutes.
-- Rows are forgotten after that time.

create table live_views (
    -- A session, or an API key.
    viewer_id uuid not null,
    -- SHA-256 of what is viewed: the address of a list with its filters, or a recording.
    view bytea not null check (octet_length(view) = 32),
    audited_at timestamptz not null default app_now(),
    primary key (viewer_id, view)
);
create index live_views_age on live_views (audited_at);
call tag_columns('live_views', 'none', 'audited_at');
call tag_columns('live_views', 'pseudonymous', 'viewer_id view');
grant select, insert, update, delete on live_views to recordings_app;
