-- Work that must happen, inserted in the transaction that makes it necessary. States: Jobs/STATES.md.

create table jobs (
    id uuid primary key,
    kind text not null,
    arguments jsonb not null,
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'dead', 'cancelled')),
    -- Lower runs first. A handful of levels: a claim probes each.
    priority smallint not null default 100,
    run_at timestamptz not null default app_now(),
    -- Asked for at insert as a wait, because only the database knows its clock; becomes run_at.
    delay interval,
    -- Of one key at most one job is queued and one is running.
    unique_key text,
    -- The queued job of the same key that does this one's work.
    superseded_by uuid,
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
    finished_at timestamptz,
    check ((state = 'running') = (leased_until is not null)),
    check ((state in ('done', 'dead', 'cancelled')) = (finished_at is not null))
);
-- Every job leaves several dead rows behind: they are cleared by their number, not by their share of the history.
alter table jobs set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
create index jobs_due on jobs (priority, run_at, id) where state = 'queued';
-- Not on leased_until: an index that heartbeats do not touch keeps them cheap, and running jobs are few.
create index jobs_running on jobs (unique_key) where state = 'running';
create unique index jobs_queued_key on jobs (unique_key) where state = 'queued';
create index jobs_deadline on jobs (deadline_at) where state = 'queued' and deadline_at is not null;
create index jobs_recording on jobs (recording_id);
create index jobs_dead on jobs (finished_at desc) where state = 'dead';
create index jobs_finished on jobs (finished_at) where state in ('done', 'cancelled');
call tag_columns('jobs', 'none', 'id kind state priority run_at delay superseded_by leased_by leased_until fence failures waiting_for progress
    deadline_at created_at started_at finished_at');
call tag_columns('jobs', 'pseudonymous', 'unique_key recording_id');
call tag_columns('jobs', 'personal', 'arguments');

create function job_key_lock(unique_key text) returns bigint language sql immutable as $$ select hashtextextended('job ' || unique_key, 0) $$;

-- Settles what a job that enters the queue cannot know: the time it may run, and whether its key is queued already.
create function enter_queue() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' and new.delay is not null then
        new.run_at := app_now() + new.delay;
    end if;
    if new.unique_key is not null then
        -- Two transactions that insert one key meet here instead of at the unique index, where the loser would fail.
        perform pg_advisory_xact_lock(job_key_lock(new.unique_key));
        -- Locked, because claims pass over locked rows: the one that does the work starts after this transaction's changes.
        select id into new.superseded_by from jobs where unique_key = new.unique_key and state = 'queued' and id <> new.id for share;
        if found then
            new.state := 'cancelled';
            new.finished_at := app_now();
        end if;
    end if;
    return new;
end $$;
create trigger jobs_inserted before insert on jobs for each row
    when (new.state = 'queued' and (new.delay is not null or new.unique_key is not null)) execute function enter_queue();
create trigger jobs_put_back before update of state on jobs for each row
    when (new.state = 'queued' and old.state <> 'queued' and new.unique_key is not null) execute function enter_queue();

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
