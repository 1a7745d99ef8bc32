-- The role that makes backups: it reads every row, whoever's, and changes none. After provision.sql, with the same folder:
--   LM_ROLES=folder psql -f backup.sql
-- BYPASSRLS: to any other role row-level security would show the rows of nobody, and pg_dump refuses to leave rows out.
\set ON_ERROR_STOP on
set log_statement = 'none';
\set password `cat "$LM_ROLES/backup"`
create role backup login nosuperuser nocreatedb nocreaterole bypassrls password :'password';
alter role backup set default_transaction_read_only = on;
grant pg_read_all_data to backup;
grant connect on database auth, content, community, planner to backup;
