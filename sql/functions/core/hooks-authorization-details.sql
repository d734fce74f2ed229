-- As hooks.sql: where options/authorization-details takes part in the core.

create function pgrant_rules.details_refusal(
  p_tenant uuid, p_types text[], p_asked jsonb, out error pgrant_api.error, out reason text, out detail text
)
language plpgsql
as $$
begin
  if p_asked is not null then
    error := 'invalid_authorization_details';
    reason := 'there are none here';
    detail := reason;
  end if;
end
$$;

comment on function pgrant_rules.details_refusal(uuid, text[], jsonb) is
  'Hook of options/authorization-details: why they may not be asked for.';

create function pgrant_rules.details_effective(
  p_tenant uuid, p_types text[], p_details jsonb, p_granted jsonb, p_audience text[]
) returns jsonb
language plpgsql stable
as $$ begin return '[]'; end $$;

comment on function pgrant_rules.details_effective(uuid, text[], jsonb, jsonb, text[]) is
  'Hook of options/authorization-details: what is good of them now.';

create function pgrant_rules.details_narrow(
  p_tenant uuid, p_types text[], p_asked jsonb, p_held jsonb, p_granted jsonb, p_audience text[]
) returns pgrant_rules.narrowed_details
language plpgsql
as $$
declare
  v_out pgrant_rules.narrowed_details;
begin
  select r.error, r.reason, r.detail into v_out.error, v_out.reason, v_out.detail
    from pgrant_rules.details_refusal(p_tenant, p_types, p_asked) r;
  v_out.details := '[]';
  return v_out;
end
$$;

comment on function pgrant_rules.details_narrow(uuid, text[], jsonb, jsonb, jsonb, text[]) is
  'Hook of options/authorization-details: a token gets none.';

create function pgrant_rules.details_shown(p_tenant uuid, p_details jsonb) returns jsonb
language plpgsql stable
as $$ begin return '[]'; end $$;

comment on function pgrant_rules.details_shown(uuid, jsonb) is 'Hook of options/authorization-details: what pages say of them.';

create function pgrant_rules.details_remembered(p_tenant uuid, p_details jsonb, p_granted jsonb) returns boolean
language plpgsql stable
as $$ begin return false; end $$;

comment on function pgrant_rules.details_remembered(uuid, jsonb, jsonb) is
  'Hook of options/authorization-details: whether they need not be asked for again.';

create function pgrant_rules.details_merged(p_tenant uuid, p_grant pgrant.grants, p_details jsonb) returns jsonb
language plpgsql stable
as $$ begin return '[]'; end $$;

comment on function pgrant_rules.details_merged(uuid, pgrant.grants, jsonb) is
  'Hook of options/authorization-details: what a grant has with more of them.';
