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
  v_scopes text[];
  v_reasons text[];
  v_invented text[] := array[]::text[];
begin
  select array_agg(e.scope order by e.scope), array_agg(e.reason order by e.scope)
    into v_scopes, v_reasons
    from (select distinct x.scope, x.reason
            from pgrant_rules.scope_explain(p_tenant, p_user_id, p_client_scopes, p_requested, p_consented) x
           where x.reason is not null and length(x.scope) <= 128) e;
  if 'undefined' = any (v_reasons) then
    v_invented := array(select n.scope from pgrant.scope_refusals n
                         where n.tenant_id = p_tenant and n.client_id = p_client_id and n.reason = 'undefined');
  end if;
  insert into pgrant.scope_refusals as f (tenant_id, client_id, scope, reason, last_at, last_user_id)
  select p_tenant, p_client_id, e.scope, e.reason, now(), p_user_id
    from unnest(v_scopes, v_reasons) e (scope, reason)
   -- A client cannot fill the table with scopes that it invents.
   where e.reason <> 'undefined' or cardinality(v_invented) < 100 or e.scope = any (v_invented)
   order by e.scope
      on conflict (tenant_id, client_id, scope, reason) do update
     set refused = f.refused + 1, last_at = excluded.last_at, last_user_id = excluded.last_user_id;
end
$$;

comment on function pgrant_rules.scope_refuse(uuid, text, uuid, text[], text[], text[]) is
  'Records what a client asked for in vain, with the reason.';
