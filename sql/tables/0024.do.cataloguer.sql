-- What is the same for all tenants is written by a role of its own. It can log in, because where the tables are distributed a
-- global one is written on every node; and what decides for a tenant writes no catalogue.

create policy catalogue_kept on pgrant.issuers to pgrant_cataloguer using (true) with check (true);
grant select, insert, delete on pgrant.issuers to pgrant_cataloguer;
grant update (title, disabled_at) on pgrant.issuers to pgrant_cataloguer;
create policy auditors_kept on pgrant.auditors to pgrant_cataloguer using (true) with check (true);
grant select, insert, delete on pgrant.auditors to pgrant_cataloguer;
grant execute on function pgrant.host_fault(text), pgrant.issuer_fault(text, text, text), pgrant.name_sound(text),
  pgrant.text_sound(text), pgrant.invisible_characters(), pgrant.pictographs() to pgrant_cataloguer;
grant execute on function pgrant.audited_tenant() to pgrant_cataloguer with grant option;

drop policy catalogue on pgrant.issuers;
create policy catalogue on pgrant.issuers for select to pgrant_definer using (true);
revoke insert, update, delete on pgrant.issuers from pgrant_definer;
drop policy catalogue on pgrant.auditors;
create policy catalogue on pgrant.auditors for select to pgrant_definer using (true);
revoke insert, update, delete on pgrant.auditors from pgrant_definer;
revoke grant option for execute on function pgrant.audited_tenant() from pgrant_definer;

-- An operator's call comes in a transaction that says who they are, which Citus hands on only where it is told to force it.
create or replace function pgrant.delegate(p_function regprocedure) returns void
language plpgsql
as $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'citus') then
    execute format('select pg_catalog.create_distributed_function(%L, ''p_tenant'', colocate_with => ''pgrant.tenants'',
                                                                  force_delegation => %L)', p_function,
                   (select p.pronamespace <> to_regnamespace('pgrant_api') from pg_catalog.pg_proc p where p.oid = p_function));
  end if;
end
$$;

-- The worker finds what is due among all tenants at once, by names and times, and by nothing that could be used.
create policy rotation_seen on pgrant.tenants for select to pgrant_janitor using (true);
grant select (tenant_id, signing_algs, key_rotation_interval, key_publish_lead) on pgrant.tenants to pgrant_janitor;
create policy rotation_seen on pgrant.signing_keys for select to pgrant_janitor using (expires_at = 'infinity');
grant select (tenant_id, alg, active_at) on pgrant.signing_keys to pgrant_janitor;
create policy recheck_seen on pgrant.upstreams for select to pgrant_janitor using (disabled_at is null);
grant select (tenant_id, name, disabled_at) on pgrant.upstreams to pgrant_janitor;
create policy recheck_seen on pgrant.upstream_accounts for select to pgrant_janitor using (check_after <= now());
grant select (tenant_id, upstream, subject, check_after) on pgrant.upstream_accounts to pgrant_janitor;
create index upstream_accounts_check_after on pgrant.upstream_accounts ((check_after at time zone 'UTC'))
  where check_after < 'infinity';
comment on index pgrant.upstream_accounts_check_after is 'Accounts of all tenants about which an upstream is to be asked again. An expression, so that no condition of an auditor can use it.';
create policy checkpoint_seen on pgrant.audit_chains for select to pgrant_janitor using (true);
grant select (tenant_id, number) on pgrant.audit_chains to pgrant_janitor;
create policy checkpoint_seen on pgrant.audit_checkpoints for select to pgrant_janitor using (true);
grant select (tenant_id, number, made_at) on pgrant.audit_checkpoints to pgrant_janitor;

-- A web process at any node says what was released.
select pgrant.replicate('pgrant_release.released');
