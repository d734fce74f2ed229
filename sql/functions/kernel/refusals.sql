-- Private rules of refusals: what one address may have, and one row for what repeats.

create function pgrant_rules.refusal_verdict(p_tenant uuid) returns pgrant_api.error
language plpgsql
as $$
declare
  v_from cidr := pgrant_rules.limited_prefix(p_tenant);
  v_refusals bigint;
  v_limit bigint;
begin
  if v_from is null then
    return null;
  end if;
  select t.refusal_limit into v_limit from pgrant.tenants t where t.tenant_id = p_tenant;
  v_refusals := (pgrant_rules.attempt_count(p_tenant, 'refusal', v_from, 60)).attempts;
  return (case when v_refusals > 10 * v_limit then 'flood'
               when v_refusals > v_limit then 'too_many_attempts' end)::pgrant_api.error;
end
$$;

comment on function pgrant_rules.refusal_verdict(uuid) is
  'Counts a refusal of the caller''s address: null, too_many_attempts beyond refusal_limit in this minute, flood beyond ten times as many.';

create function pgrant_rules.secrets_masked(p_text text) returns text
language sql immutable
as $$ select regexp_replace(p_text, '(pgrant_[a-z]{2}_|eyJ)[A-Za-z0-9_.-]+', '\1…', 'g') $$;

comment on function pgrant_rules.secrets_masked(text) is
  'A text without what looks like a secret of ours, or like a JWT (RFC 7519): whoever sends one in the wrong parameter has it named in a refusal. The twin of maskSecrets() in src/protocol/secrets.ts.';

create function pgrant_rules.client_id_masked(p_client_id text) returns text
language sql immutable
as $$ select regexp_replace(pgrant_rules.secrets_masked(p_client_id), '[A-Za-z0-9_~+/=-]{40,}', '…', 'g') $$;

comment on function pgrant_rules.client_id_masked(text) is
  'What is kept of a client_id that is registered nowhere: no secret, whoever made it. 40 characters in a run are more than a UUID or a word has, and as many as 240 random bits.';

create function pgrant_rules.refusal_bounded(p_event pgrant.audit_events) returns pgrant.audit_events
language plpgsql
as $$
begin
  p_event.reason := left(p_event.reason, 500);
  if p_event.client_id !~ '^[\x20-\x7E]{1,255}$' then
    -- Never one that is known: enough of it to tell whether two are the same.
    p_event.detail := coalesce(p_event.detail, '{}') || jsonb_build_object(
      'client_id_length', length(p_event.client_id), 'client_id_sha256', encode(sha256(convert_to(p_event.client_id, 'utf8')), 'hex'));
    p_event.client_id := null;
  elsif not exists (select from pgrant.clients c where c.tenant_id = p_event.tenant_id and c.client_id = p_event.client_id) then
    p_event.client_id := pgrant_rules.client_id_masked(p_event.client_id);
  end if;
  return p_event;
end
$$;

comment on function pgrant_rules.refusal_bounded(pgrant.audit_events) is
  'An event with no text that is longer than a client_id or a reason can be. Another client_id is recorded by its length and digest, and one that is unknown without what may be a secret.';

create function pgrant_rules.refusal_kind(p_event pgrant.audit_events) returns pgrant.refusals
language plpgsql
as $$
declare
  v_kind pgrant.refusals;
  v_known boolean := exists (select from pgrant.clients c where c.tenant_id = p_event.tenant_id and c.client_id = p_event.client_id);
begin
  v_kind := jsonb_populate_record(v_kind, to_jsonb(p_event));
  v_kind.minute := date_trunc('minute', p_event.at, 'UTC');
  v_kind.first_at := p_event.at;
  v_kind.address := pgrant_rules.address_prefix(p_event.address);
  v_kind.recorded := v_known or p_event.user_id is not null or coalesce(p_event.detail ? 'lock', false);
  v_kind.key_hash := sha256(convert_to(jsonb_build_array(
    v_kind.action, v_kind.error, v_kind.reason, case when v_known then v_kind.client_id end, v_kind.user_id, v_kind.grant_id,
    v_kind.family_id, v_kind.address)::text, 'utf8'));
  return v_kind;
end
$$;

comment on function pgrant_rules.refusal_kind(pgrant.audit_events) is
  'The row of pgrant.refusals that a refusal would be the first of. A client_id that is unknown makes no kind of its own.';

create function pgrant_rules.refusal_rest(p_kind pgrant.refusals, p_reason text, p_address inet, p_key text) returns pgrant.refusals
language sql stable
as $$
  select jsonb_populate_record(p_kind, jsonb_build_object(
           'action', 'request.refuse', 'error', 'too_many_attempts', 'reason', p_reason, 'address', p_address, 'recorded', false,
           'client_id', null, 'user_id', null, 'grant_id', null, 'family_id', null, 'detail', null,
           'key_hash', sha256(convert_to(concat(p_reason, p_key), 'utf8'))))
$$;

comment on function pgrant_rules.refusal_rest(pgrant.refusals, text, inet, text) is
  'The row that counts what is refused beyond the kinds that are told apart.';

create function pgrant_rules.refusal_add(p_kind pgrant.refusals) returns boolean
language plpgsql
as $$
declare
  v_first boolean;
begin
  insert into pgrant.refusals as r (tenant_id, minute, key_hash, first_at, last_at, action, error, reason, user_id, client_id,
                                    grant_id, family_id, address, request_id, detail, recorded)
  values (p_kind.tenant_id, p_kind.minute, p_kind.key_hash, p_kind.first_at, p_kind.first_at, p_kind.action, p_kind.error,
          p_kind.reason, p_kind.user_id, p_kind.client_id, p_kind.grant_id, p_kind.family_id, p_kind.address, p_kind.request_id,
          p_kind.detail, p_kind.recorded)
      on conflict (tenant_id, minute, key_hash) do update
     set refused = r.refused + 1, last_at = greatest(r.last_at, excluded.last_at)
  returning r.recorded and r.refused = 1 into v_first;
  return v_first;
end
$$;

comment on function pgrant_rules.refusal_add(pgrant.refusals) is
  'Counts a refusal in the row of its kind and minute. Whether it is the first one and to be an audit event.';

create function pgrant_rules.refusal_part(p_from inet) returns text
language sql immutable
as $$ select (get_byte(sha256(convert_to(coalesce(p_from::text, ''), 'utf8')), 0) % 16)::text $$;

comment on function pgrant_rules.refusal_part(inet) is
  'The sixteenth of all addresses that a prefix is in, so that a flood from many of them does not queue for one row.';

create function pgrant_rules.refusal_keys(p_tenant uuid, p_addresses inet[]) returns bytea[]
language plpgsql immutable
as $$
declare
  v_from cidr;
  v_out bytea[];
begin
  foreach v_from in array pgrant_rules.address_prefixes(p_addresses) loop
    v_out := v_out || pgrant_rules.attempt_key(p_tenant, 'refusal', v_from)
                   || pgrant_rules.attempt_key(p_tenant, 'refusal kind ' || pgrant_rules.refusal_part(v_from), null);
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.refusal_keys(uuid, inet[]) is
  'The keys in counters by which refusals of these addresses are counted, in no order; one may be there twice.';

create function pgrant_rules.refusals_lock(p_tenant uuid, p_addresses inet[]) returns void
language plpgsql
as $$
begin
  insert into pgrant.counters as f (tenant_id, key_hash, expires_at, attempts)
  select distinct p_tenant, k.key_hash, pgrant_rules.window_end(60), 0
    from unnest(pgrant_rules.refusal_keys(p_tenant, p_addresses)) k (key_hash)
   order by k.key_hash
      on conflict (tenant_id, key_hash, expires_at) do update set attempts = f.attempts;
end
$$;

comment on function pgrant_rules.refusals_lock(uuid, inet[]) is
  'Locks what several refusals will be counted by, in one order for all: two sets with the same addresses wait for each other and never both.';

create function pgrant_rules.refusal_first(p_event pgrant.audit_events, p_beyond boolean) returns boolean
language plpgsql
as $$
declare
  v_kind pgrant.refusals := pgrant_rules.refusal_kind(p_event);
  v_part text := pgrant_rules.refusal_part(v_kind.address);
begin
  if p_beyond then
    return pgrant_rules.refusal_add(pgrant_rules.refusal_rest(v_kind, 'more than refusal_limit', v_kind.address, v_kind.address::text));
  elsif not exists (select from pgrant.refusals r
                     where r.tenant_id = v_kind.tenant_id and r.minute = v_kind.minute and r.key_hash = v_kind.key_hash)
        and (pgrant_rules.attempt_count(v_kind.tenant_id, 'refusal kind ' || v_part, null, 60)).attempts > 64 then
    return pgrant_rules.refusal_add(pgrant_rules.refusal_rest(v_kind, 'more kinds of refusals than are told apart', null, v_part));
  end if;
  return pgrant_rules.refusal_add(v_kind);
end
$$;

comment on function pgrant_rules.refusal_first(pgrant.audit_events, boolean) is
  'Counts a refusal, one beyond the limit of its address with all others of that address. At most 1024 kinds of a tenant are told apart in a minute. Whether it is to be an audit event.';
