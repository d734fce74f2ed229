-- What is left of a tenant that was removed is found by its id: a policy that asks about each row costs a statement a row.

create function pgrant.removed_tenant() returns uuid
language plpgsql stable
as $$
declare
  v_tenant constant uuid := pgrant.tenant();
begin
  return case when not exists (select from pgrant.issuers i where i.tenant_id = v_tenant) then v_tenant end;
end
$$;

comment on function pgrant.removed_tenant() is
  'The tenant that the transaction has entered, where there is no such tenant any more; else null. For policies, which have no sub-select.';

revoke execute on function pgrant.removed_tenant() from public;
grant execute on function pgrant.removed_tenant() to pgrant_janitor;

drop policy removed_seen on pgrant.audit_events;
drop policy removed_deleted on pgrant.audit_events;
drop policy removed_seen on pgrant.audit_seals;
drop policy removed_deleted on pgrant.audit_seals;
create policy removed_seen on pgrant.audit_events for select to pgrant_janitor using (tenant_id = pgrant.removed_tenant());
create policy removed_deleted on pgrant.audit_events for delete to pgrant_janitor using (tenant_id = pgrant.removed_tenant());
create policy removed_seen on pgrant.audit_seals for select to pgrant_janitor using (tenant_id = pgrant.removed_tenant());
create policy removed_deleted on pgrant.audit_seals for delete to pgrant_janitor using (tenant_id = pgrant.removed_tenant());

drop function pgrant.tenant_removed(uuid);
