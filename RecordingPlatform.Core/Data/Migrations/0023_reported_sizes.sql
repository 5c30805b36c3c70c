-- How long a source said a file is: what is shorter is not there yet, and what stays different is damaged.

alter table spool_files add column reported_bytes bigint check (reported_bytes >= 0);
call tag_columns('spool_files', 'none', 'reported_bytes');
