-- Authorization details in grants: what need not be asked again, and what is kept.

create or replace function pgrant_rules.details_remembered(p_tenant uuid, p_details jsonb, p_granted jsonb) returns boolean
language plpgsql stable
as $$
begin
  return pgrant_rules.details_covered(p_details, p_granted) and not exists (
    select from jsonb_array_elements(p_details) d (detail)
      left join pgrant.authorization_details_types t on t.tenant_id = p_tenant and t.type = d.detail ->> 'type'
     where not coalesce(t.consent_remembered, false));
end
$$;

comment on function pgrant_rules.details_remembered(uuid, jsonb, jsonb) is
  'Whether a person who has granted p_granted need not be asked for p_details: of types whose consent is remembered, and no more.';

create or replace function pgrant_rules.details_merged(p_tenant uuid, p_grant pgrant.grants, p_details jsonb) returns jsonb
language plpgsql stable
as $$
begin
  return (
    with held as (
      select f.authorization_details
        from pgrant.token_families f
       where f.tenant_id = p_tenant and f.grant_id = p_grant.grant_id and f.authorization_details <> '[]'
         and f.revoked_at is null and f.idle_expires_at > now()
    )
    select coalesce(jsonb_agg(distinct d.detail), '[]')
      from (select o.detail
              from jsonb_array_elements(p_grant.authorization_details) o (detail)
              left join pgrant.authorization_details_types t on t.tenant_id = p_tenant and t.type = o.detail ->> 'type'
             where t.consent_remembered
                -- There may be a code for it still.
                or p_grant.consented_at > now() - interval '1 hour'
                or exists (select from held h where pgrant_rules.detail_covered(o.detail, h.authorization_details))
             union all
            select n.detail from jsonb_array_elements(p_details) n (detail)) d);
end
$$;

comment on function pgrant_rules.details_merged(uuid, pgrant.grants, jsonb) is
  'What a grant has with p_details besides: of what it had before, that of which consent is remembered, and that for which a code or a family may be live.';
