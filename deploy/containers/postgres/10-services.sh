#!/bin/bash
# Runs once, when the cluster is made: a database and a role for each service. A role owns its database and
# nothing else: no superuser, no access to the others, row-level security holds for it.
set -euo pipefail

for service in identity customers catalog workorders billing; do
    variable="${service^^}_DB_PASSWORD"
    psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname postgres \
        --set service="$service" --set password="${!variable:?}" <<'SQL'
CREATE ROLE :"service" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE CONNECT, TEMPORARY ON DATABASE :"service" FROM PUBLIC;
SQL
done
