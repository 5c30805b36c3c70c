-- Work that must happen, inserted in the transaction that makes it necessary. States: Jobs/STATES.md.

create table jobs (
    id uuid primary key,
    kind text not null,
    arguments jsonb not null,
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'dead', 'cancelled')),
    -- Lower runs first.
    priority smallint not null default 100,
    run_at timestamptz not null default app_now(),
    -- Work for one key is never queued twice.
    unique_key text,
    recording_id uuid references recordings,
    leased_by text,
    leased_until timestamptz,
    fence bigint not null default 0,
    failures integer not null default 0,
    waiting_for text,
    progress real check (progress between 0 and 1),
    deadline_at timestamptz,
    created_at timestamptz not null default app_now(),
    started_at timestamptz,
    finished_at timestamptz
);
create index jobs_due on jobs (priority, run_at, id) where state = 'queued';
create index jobs_leases on jobs (leased_until) where state = 'running';
create unique index jobs_unique_key on jobs (unique_key) where state in ('queued', 'running');
create index jobs_recording on jobs (recording_id);
create index jobs_dead on jobs (finished_at desc) where state = 'dead';
call tag_columns('jobs', 'none', 'id kind state priority run_at leased_by leased_until fence failures waiting_for progress deadline_at
    created_at started_at finished_at');
call tag_columns('jobs', 'pseudonymous', 'unique_key recording_id');
call tag_columns('jobs', 'personal', 'arguments');

create table job_errors (
    id bigint generated always as identity primary key,
    job_id uuid not null references jobs on delete cascade,
    fence bigint not null,
    at timestamptz not null default app_now(),
    error text not null
);
create index job_errors_job on job_errors (job_id, id);
call tag_columns('job_errors', 'none', 'id fence at');
call tag_columns('job_errors', 'pseudonymous', 'job_id');
call tag_columns('job_errors', 'personal', 'error');
