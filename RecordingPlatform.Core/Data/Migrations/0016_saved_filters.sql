-- What somebody narrows lists to again and again, under a name of their own. Goes with its owner.

create table saved_filters (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    name text not null,
    -- The list's parameters as its address has them.
    query text not null,
    created_at timestamptz not null default app_now(),
    unique (user_id, name)
);
call tag_columns('saved_filters', 'none', 'created_at');
call tag_columns('saved_filters', 'pseudonymous', 'id user_id');
-- Filters name people: a search for a caller is one.
call tag_columns('saved_filters', 'personal', 'name query');
grant select, insert, update, delete on saved_filters to recordings_app;
