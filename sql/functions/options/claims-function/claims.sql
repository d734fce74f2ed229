-- Claims that a function of the tenant's own adds.

create function pgrant_rules.claims_function_call(
  p_tenant uuid, p_function text, p_user_id uuid, p_client_id text, p_scopes text[],
  out claims jsonb, out fault text, out slow boolean
)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_text text;
begin
  perform set_config('transaction_read_only', 'on', true), set_config('lock_timeout', '100ms', true);
  execute format('select %I.%I($1, $2, $3, $4)::text', split_part(p_function, '.', 1), split_part(p_function, '.', 2))
     into v_text using p_tenant, p_user_id, p_client_id, p_scopes;
  if octet_length(v_text) > 8192 then
    raise exception 'its claims have more than 8192 bytes';
  end if;
  -- The answer leaves by an error, so that all else is undone: what it has set too, such as the tenant of the transaction.
  raise exception using errcode = 'OA009', message = 'claims', detail = coalesce(v_text, '{}');
exception
  when sqlstate 'OA009' then
    get stacked diagnostics v_text = pg_exception_detail;
    claims := v_text::jsonb;
    if jsonb_typeof(claims) <> 'object' then
      fault := 'it returns no object';
    end if;
  when query_canceled or lock_not_available then
    fault := sqlstate || ' ' || sqlerrm;
    slow := true;
  -- Whatever a stranger's function does, the person signs in.
  when others then
    fault := sqlstate || ' ' || left(sqlerrm, 200);
end
$$;

comment on function pgrant_rules.claims_function_call(uuid, text, uuid, text, text[]) is
  'Calls a claims function as pgrant_claims, which has no right on anything of pgrant''s: read-only, waiting 100 ms for a lock at most, undone as a whole. fault = why it says nothing; slow = it was cut off. Nothing shortens statement_timeout of a statement that is running, so that of pgrant_web bounds the rest.';

create function pgrant_rules.claims_function_fault(
  p_tenant uuid, p_key_hash bytea, p_minute timestamptz, p_fault text, p_user_id uuid, p_client_id text
) returns void
language plpgsql
as $$
begin
  insert into pgrant.counters (tenant_id, key_hash, expires_at, attempts)
  values (p_tenant, p_key_hash, p_minute, 1)
      on conflict do nothing;
  -- No refusal: the address that asked has no part in it.
  if found then
    insert into pgrant.audit_events (tenant_id, action, error, reason, client_id, user_id)
    values (p_tenant, 'claims.fail', 'server_error', pgrant_rules.secrets_masked(p_fault), p_client_id, p_user_id);
  end if;
end
$$;

comment on function pgrant_rules.claims_function_fault(uuid, bytea, timestamptz, text, uuid, text) is
  'Records that a claims function has failed, the first time in a minute.';

create or replace function pgrant_rules.custom_claims(
  p_tenant uuid, p_function text, p_user_id uuid, p_client_id text, p_scopes text[]
) returns jsonb
language plpgsql
as $$
declare
  v_answer record;
  v_minute timestamptz := date_trunc('minute', now()) + interval '1 minute';
  v_key bytea;
begin
  if p_function is null or p_user_id is null then
    return jsonb_build_object();
  end if;
  v_key := sha256(convert_to('claims_function ' || p_function || ' slow', 'utf8'));
  if exists (select from pgrant.counters c
              where c.tenant_id = p_tenant and c.key_hash = v_key and c.expires_at = v_minute) then
    return jsonb_build_object();
  end if;
  v_answer := pgrant_rules.claims_function_call(p_tenant, p_function, p_user_id, p_client_id, p_scopes);
  if v_answer.fault is not null then
    perform pgrant_rules.claims_function_fault(
      p_tenant, case when v_answer.slow then v_key else sha256(convert_to('claims_function ' || p_function, 'utf8')) end, v_minute,
      v_answer.fault, p_user_id, p_client_id);
    return jsonb_build_object();
  end if;
  return (select coalesce(jsonb_object_agg(c.key, c.value), '{}')
            from jsonb_each(v_answer.claims) c
            join pgrant.tenants t on t.tenant_id = p_tenant
           where c.value not in ('null', '""')
             and not c.key = any (pgrant.token_members() || array['groups', t.roles_claim, t.permissions_claim, t.tenant_claim])
             and not exists (select from pgrant_rules.standard_claims() s where s.claim = c.key));
end
$$;

comment on function pgrant_rules.custom_claims(uuid, text, uuid, text, text[]) is
  'What the claims function of the tenant (null = there is none) adds: claims of names that mean nothing else, without nulls and empty texts. A fault leaves them out, is recorded once a minute, and fails no request; one that was cut off is not called again before the minute is over.';

create or replace function pgrant_rules.claims_function_check(p_tenant uuid) returns void
language plpgsql
as $$
declare
  v_name text := (select t.claims_function from pgrant.tenants t where t.tenant_id = p_tenant);
  v_function pg_catalog.pg_proc;
  v_fault text;
begin
  if v_name is null then
    return;
  end if;
  select p.* into v_function
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
   where n.nspname = split_part(v_name, '.', 1) and p.proname = split_part(v_name, '.', 2)
     and p.proargtypes = '2950 2950 25 1009'::oidvector;
  v_fault := case
    when v_function.oid is null then 'is not there with the arguments (uuid, uuid, text, text[])'
    when v_function.prokind <> 'f' or v_function.proretset or v_function.prorettype <> 'jsonb'::regtype then 'does not return jsonb'
    when not has_schema_privilege('pgrant_claims', v_function.pronamespace, 'usage')
      or not has_function_privilege('pgrant_claims', v_function.oid, 'execute') then 'may not be called by pgrant_claims'
    when v_function.prosecdef and exists (
      select from pg_catalog.pg_roles r where r.rolname like 'pgrant\_%' and pg_has_role(v_function.proowner, r.oid, 'member'))
    then 'runs with rights of pgrant''s: its owner is a superuser, or a role or member of pgrant' end;
  if v_fault is not null then
    raise exception 'the function % %', v_name, v_fault using errcode = 'OA003',
            hint = 'grant usage on its schema and execute on the function to pgrant_claims; SECURITY DEFINER only with an owner of its own';
  end if;
end
$$;

comment on function pgrant_rules.claims_function_check(uuid) is
  'Raises OA003 where the claims function of the tenant is none that may be called. SECURITY INVOKER is fine: it runs as pgrant_claims then.';
