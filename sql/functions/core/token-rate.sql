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
  v_out boolean[];
  v_keys bytea[];
  v_key bytea;
  v_requests integer;
  v_attempts integer;
begin
  for i in 1 .. cardinality(p_client) loop
    v_keys[i] := case when p_error[i] is null then pgrant_rules.rate_key(p_tenant, p_client[i], p_address[i]) end;
  end loop;
  -- In the order of the keys, as everywhere: two sets wait for each other and never both.
  for v_key, v_requests in
    select k.key_hash, count(*) from unnest(v_keys) k (key_hash) where k.key_hash is not null group by 1 order by 1
  loop
    insert into pgrant.counters as f (tenant_id, key_hash, expires_at, attempts)
    values (p_tenant, v_key, pgrant_rules.window_end(60), v_requests)
        on conflict (tenant_id, key_hash, expires_at) do update set attempts = f.attempts + excluded.attempts
    returning f.attempts into v_attempts;
    for i in reverse cardinality(v_keys) .. 1 loop
      if v_keys[i] = v_key then
        v_out[i] := v_attempts > (p_client[i]).token_rate;
        v_attempts := v_attempts - 1;
      end if;
    end loop;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.rates_reached(uuid, pgrant_rules.client_policies[], pgrant_api.error[], inet[]) is
  'Counts the requests of clients that have a token_rate and proved who they are (no p_error), in windows of a minute. Which of them are beyond it; null = those that are not counted.';
