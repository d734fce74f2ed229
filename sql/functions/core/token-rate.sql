-- How often a client may come to the token endpoint: token_rate.

create function pgrant_rules.rate_key(p_tenant uuid, p_client pgrant_rules.client_policies, p_address inet) returns bytea
language sql immutable
as $$
  -- Whoever names a public client proves nothing, and takes nothing from its other users.
  select pgrant_rules.attempt_key(p_tenant, 'token ' || p_client.client_id,
                                  case when p_client.token_endpoint_auth_method = 'none' then pgrant_rules.address_prefix(p_address) end)
   where p_client.token_rate is not null
$$;

comment on function pgrant_rules.rate_key(uuid, pgrant_rules.client_policies, inet) is
  'The key in counters under which requests of a client are counted; null where it has no token_rate.';

create function pgrant_rules.rates_reached(
  p_tenant uuid, p_client pgrant_rules.client_policies[], p_error pgrant_api.error[], p_address inet[]
) returns boolean[]
language plpgsql
as $$
declare
  v_keys bytea[];
  v_attempts integer[];
  v_out boolean[];
begin
  for i in 1 .. cardinality(p_client) loop
    v_keys[i] := case when p_error[i] is null then pgrant_rules.rate_key(p_tenant, p_client[i], p_address[i]) end;
  end loop;
  v_attempts := pgrant_rules.attempts_count(p_tenant, v_keys);
  for i in 1 .. cardinality(p_client) loop
    v_out[i] := v_attempts[i] > (p_client[i]).token_rate;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.rates_reached(uuid, pgrant_rules.client_policies[], pgrant_api.error[], inet[]) is
  'Counts the requests of clients that have a token_rate and proved who they are (no p_error), in windows of a minute. Which of them are beyond it; null = those that are not counted.';
