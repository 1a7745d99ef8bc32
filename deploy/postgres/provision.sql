-- Databases and roles of all services, for a PostgreSQL that nothing has provisioned yet:
--   LM_ROLES=folder psql -v ON_ERROR_STOP=1 -f provision.sql
-- LM_ROLES holds one password a file, named like the role. What is made here is what local_mesh.servers.databases makes.
\set ON_ERROR_STOP on
set log_statement = 'none';
\set service auth
\ir service.psql
\set service content
\ir service.psql
\set service community
\ir service.psql
\set service planner
\ir service.psql
