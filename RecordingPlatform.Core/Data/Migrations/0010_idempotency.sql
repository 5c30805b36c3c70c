-- A write under an Idempotency-Key: who works on it, whether its change is committed, and the sealed answer.

-- Answers kept so far lie open; they are gone within a day anyway.
delete from idempotency_keys;
alter table idempotency_keys
    -- Names the stored answer to the seal: an answer moved to another row does not open.
    add column id uuid not null unique,
    -- Changes with each attempt. The change itself commits only while it is still the same.
    add column attempt uuid not null,
    add column lease_until timestamptz not null,
    -- Set by the transaction that made the change.
    add column written_at timestamptz,
    add column master_key_id uuid references master_keys;
call tag_columns('idempotency_keys', 'none', 'id attempt lease_until written_at master_key_id');
