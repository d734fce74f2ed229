-- Why a scope is not effective, and what clients ask for in vain.

create function pgrant_rules.scope_explain(
  p_tenant uuid, p_user_id uuid, p_client_scopes text[], p_requested text[], p_consented text[]
) returns table (scope text, registered boolean, consented boolean, held boolean, reason text)
language plpgsql stable
as $$
begin
  return query
  select r.scope,
         coalesce(r.scope = any (p_client_scopes), true),
         case when p_consented is not null then r.scope = any (p_consented) end,
         h.held,
         case when s.scope is null then 'undefined'
              when s.disabled_at is not null then 'disabled'
              when not r.scope = any (p_client_scopes) then 'not registered'
              when not h.held then 'role missing'
              when not r.scope = any (p_consented) then 'not consented'
         end
    from unnest(p_requested) with ordinality r (scope, position)
    left join pgrant.scopes s on s.tenant_id = p_tenant and s.scope = r.scope
   cross join lateral (
     select case when s.requires_role and p_user_id is not null
                 then pgrant_rules.has_role(p_tenant, p_user_id, s.scope) end as held) h
   order by r.position;
end
$$;

comment on function pgrant_rules.scope_explain(uuid, uuid, text[], text[], text[]) is
  'For each requested scope what the effective scopes depend on, and why it is left out; a null reason means that it is effective. held is null where no role is needed.';

create function pgrant_rules.scope_refuse(
  p_tenant uuid, p_client_id text, p_user_id uuid, p_client_scopes text[], p_requested text[], p_consented text[]
) returns void
language plpgsql
as $$
declare
  v_now timestamptz := now();
begin
  insert into pgrant.scope_refusals as f (tenant_id, client_id, scope, reason, last_user_id)
  select distinct on (e.scope) p_tenant, p_client_id, e.scope, e.reason, p_user_id
    from pgrant_rules.scope_explain(p_tenant, p_user_id, p_client_scopes, p_requested, p_consented) e
   where e.reason is not null
     and length(e.scope) <= 128
     -- A client cannot fill the table with scopes that it invents.
     and (e.reason <> 'undefined'
          or (select count(*) from pgrant.scope_refusals n
               where n.tenant_id = p_tenant and n.client_id = p_client_id and n.reason = 'undefined') < 100
          or exists (select from pgrant.scope_refusals n
                      where n.tenant_id = p_tenant and n.client_id = p_client_id and n.scope = e.scope
                        and n.reason = 'undefined'))
   order by e.scope
      on conflict (tenant_id, client_id, scope, reason) do update
     set refused = f.refused + 1, last_at = v_now, last_user_id = excluded.last_user_id;
end
$$;

comment on function pgrant_rules.scope_refuse(uuid, text, uuid, text[], text[], text[]) is
  'Records what a client asked for in vain, with the reason.';
