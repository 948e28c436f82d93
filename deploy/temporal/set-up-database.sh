#!/bin/sh
# Creates Temporal's two databases or brings their schemas up to this version. Runs in the image temporalio/admin-tools.
# Environment: SQL_PASSWORD (read by temporal-sql-tool), POSTGRES_HOST, POSTGRES_USER.
set -eu

schema() {
  database=$1
  versions=/etc/temporal/schema/postgresql/v12/$2/versioned
  set -- temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_HOST" -p 5432 -u "$POSTGRES_USER" --db "$database"
  "$@" create
  "$@" setup-schema -v 0.0
  "$@" update-schema -d "$versions"
}

schema temporal temporal
schema temporal_visibility visibility
