-- Exact counters of attempts, and which addresses they hold for.

create function pgrant_rules.attempt_key(p_tenant uuid, p_what text, p_from cidr) returns bytea
language plpgsql immutable
as $$ begin return sha256(convert_to(concat(p_what, ' ', p_tenant, ' ', p_from), 'utf8')); end $$;

comment on function pgrant_rules.attempt_key(uuid, text, cidr) is 'The key in counters under which what an address prefix does is counted.';

create function pgrant_rules.window_end(p_window integer) returns timestamptz
language sql stable
as $$ select to_timestamp((floor(extract(epoch from now()) / p_window) + 1) * p_window) $$;

comment on function pgrant_rules.window_end(integer) is 'When the window of p_window seconds ends that is open now.';

create function pgrant_rules.attempt_count(
  p_tenant uuid, p_what text, p_from cidr, p_window integer, out attempts integer, out ends_at timestamptz
)
language plpgsql
as $$
begin
  ends_at := pgrant_rules.window_end(p_window);
  insert into pgrant.counters as f (tenant_id, key_hash, expires_at, attempts)
  values (p_tenant, pgrant_rules.attempt_key(p_tenant, p_what, p_from), ends_at, 1)
      on conflict (tenant_id, key_hash, expires_at) do update set attempts = f.attempts + 1
  returning f.attempts into attempts;
end
$$;

comment on function pgrant_rules.attempt_count(uuid, text, cidr, integer) is
  'Counts what an address prefix does, exactly, whichever process takes it, in windows of p_window seconds: how often by now, and until when.';

create function pgrant_rules.attempts_count(p_tenant uuid, p_keys bytea[]) returns integer[]
language plpgsql
as $$
declare
  v_out integer[];
  v_key bytea;
  v_requests integer;
  v_attempts integer;
begin
  -- In the order of the keys, as everywhere: two sets wait for each other and never both.
  for v_key, v_requests in
    select k.key_hash, count(*) from unnest(p_keys) k (key_hash) where k.key_hash is not null group by 1 order by 1
  loop
    insert into pgrant.counters as f (tenant_id, key_hash, expires_at, attempts)
    values (p_tenant, v_key, pgrant_rules.window_end(60), v_requests)
        on conflict (tenant_id, key_hash, expires_at) do update set attempts = f.attempts + excluded.attempts
    returning f.attempts into v_attempts;
    for i in reverse cardinality(p_keys) .. 1 loop
      if p_keys[i] = v_key then
        v_out[i] := v_attempts;
        v_attempts := v_attempts - 1;
      end if;
    end loop;
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.attempts_count(uuid, bytea[]) is
  'Counts the requests of a set, each under its key, in windows of a minute: the how-manieth each is; null where its key is null.';

create function pgrant_rules.hourly_retry_after(p_tenant uuid, p_what text, p_from cidr, p_rate integer) returns integer
language plpgsql
as $$
declare
  v_hour record := pgrant_rules.attempt_count(p_tenant, p_what, p_from, 3600);
begin
  return case when v_hour.attempts > p_rate then ceil(extract(epoch from v_hour.ends_at - now()))::integer end;
end
$$;

comment on function pgrant_rules.hourly_retry_after(uuid, text, cidr, integer) is
  'Counts what an address prefix does (registration, client document). Seconds until another is allowed, or null where this one is.';

create function pgrant_rules.limited_prefix(p_tenant uuid) returns cidr
language plpgsql stable
as $$
begin
  return (
    select pgrant_rules.address_prefix(a.address)
      from (select pgrant_rules.caller_address() as address) a
      join pgrant.tenants t on t.tenant_id = p_tenant
     where not coalesce(a.address <<= any (t.trusted_networks), false));
end
$$;

comment on function pgrant_rules.limited_prefix(uuid) is
  'The prefix under which limits count the caller''s address; null where none hold: a trusted network, an operator.';

create function pgrant_rules.authorization_rates_reached(p_tenant uuid, p_address inet[], p_what text[]) returns boolean[]
language plpgsql
as $$
declare
  v_trusted cidr[];
  v_rate integer;
  v_keys bytea[];
  v_attempts integer[];
  v_out boolean[];
begin
  select t.trusted_networks, t.authorization_rate into v_trusted, v_rate from pgrant.tenants t where t.tenant_id = p_tenant;
  for i in 1 .. cardinality(p_address) loop
    v_keys[i] := case when p_what[i] is not null and not coalesce(p_address[i] <<= any (v_trusted), p_address[i] is null)
                      then pgrant_rules.attempt_key(p_tenant, p_what[i], pgrant_rules.address_prefix(p_address[i])) end;
  end loop;
  v_attempts := pgrant_rules.attempts_count(p_tenant, v_keys);
  for i in 1 .. cardinality(p_address) loop
    v_out[i] := coalesce(v_attempts[i] > v_rate, false);
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_rates_reached(uuid, inet[], text[]) is
  'Counts what is begun from each address: p_what is authorization for a sign-in, at the product or an upstream too, or names what else; null = nothing. Which are beyond authorization_rate; none from where no address is given, or a trusted network.';

create function pgrant_rules.authorization_keys(p_tenant uuid, p_address inet[]) returns bytea[]
language plpgsql immutable
as $$
declare
  v_from cidr;
  v_out bytea[];
begin
  foreach v_from in array pgrant_rules.address_prefixes(p_address) loop
    v_out := v_out || pgrant_rules.attempt_key(p_tenant, 'authorization', v_from);
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_keys(uuid, inet[]) is 'The keys in counters by which sign-ins from these addresses are counted.';

create function pgrant_rules.begun_too_often(p_tenant uuid) returns boolean
language plpgsql
as $$
begin
  return (pgrant_rules.authorization_rates_reached(p_tenant, array[pgrant_rules.caller_address()], '{authorization}'))[1];
end
$$;

comment on function pgrant_rules.begun_too_often(uuid) is 'Counts a sign-in that is begun from the caller''s address. Whether it is beyond authorization_rate.';

create function pgrant_rules.counters_lock(p_tenant uuid, p_keys bytea[]) returns void
language plpgsql
as $$
begin
  perform from pgrant.counters c
    where c.tenant_id = p_tenant and c.key_hash = any (p_keys) and c.expires_at = pgrant_rules.window_end(60)
    order by c.key_hash
      for no key update;
end
$$;

comment on function pgrant_rules.counters_lock(uuid, bytea[]) is
  'Locks those of the counters of this minute that are there, in the order in which whoever counts does: for a set of which few will be refused.';
