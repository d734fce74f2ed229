-- What a policy asks is looked up anew by whoever reads the table: an operator = of their own, in a schema before pg_catalog in
-- their path, would answer for them which tenant they may read. So these look where no caller can put anything.

alter function pgrant.auditor() set search_path = pg_catalog, pg_temp;
alter function pgrant.auditor_tenant() set search_path = pg_catalog, pg_temp;
alter function pgrant.audited_tenant() set search_path = pg_catalog, pg_temp;
alter function pgrant.remembered_since() set search_path = pg_catalog, pg_temp;
alter function pgrant.removed_tenant() set search_path = pg_catalog, pg_temp;
