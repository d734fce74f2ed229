-- What the history calls a person who was removed. The janitor's, since nobody else may change what was.
set local role pgrant_janitor;

create function pgrant_rules.user_forget(p_tenant uuid, p_user_id uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  update pgrant.user_history h
     set username = h.user_id::text
   where h.tenant_id = p_tenant and h.user_id = p_user_id and h.username <> p_user_id::text;
end
$$;

comment on function pgrant_rules.user_forget(uuid, uuid) is
  'Puts the user_id in place of the names that the history has of a person who was removed; of any other it sees none. The policy lets it write nothing else.';

grant execute on function pgrant_rules.user_forget(uuid, uuid) to pgrant_definer;
