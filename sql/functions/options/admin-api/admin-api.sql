-- The admin API: an operation for whoever has an access token of admins.

create type pgrant_api.admin_answer as (
  error   pgrant_api.error,
  reason  text,
  detail  text,
  value   jsonb,
  etag    text,
  secret_salt bytea,
  proof_algs text[]
);

comment on type pgrant_api.admin_answer is 'What an operation of an admin gave.';
comment on column pgrant_api.admin_answer.detail is 'What is wrong, in words for the admin; null = nothing more is said.';
comment on column pgrant_api.admin_answer.value is 'What it gave; null = nothing.';
comment on column pgrant_api.admin_answer.secret_salt is 'With a repetition, what the secret of the answer was made of; null = what the caller made now is in force, or there is none.';
comment on column pgrant_api.admin_answer.proof_algs is
  'With an error: by what proofs of the client of the token are to be signed (RFC 9449 7.1, algs); null = as the tenant says.';
comment on column pgrant_api.admin_answer.etag is 'Names the state that was read or written (RFC 9110 8.8.3); null = it has none.';

create function pgrant_rules.admin_etag(p_value jsonb) returns text
language sql immutable
as $$
  select pgrant_rules.value_version(p_value - 'last_used_at') where jsonb_typeof(p_value) = 'object'
$$;

comment on function pgrant_rules.admin_etag(jsonb) is 'Tells a state from every other one; when something was used last is no change. Null for what is no object.';

create function pgrant_rules.admin_state(p_tenant uuid, p_operation pgrant_rules.admin_operation, p_arguments jsonb) returns jsonb
language plpgsql
as $$
declare
  v_show pgrant_rules.admin_operation;
begin
  select o.* into v_show
    from pgrant_rules.admin_operations() o
   where o.method = 'GET' and o.page_key is null and (o.path = p_operation.path or starts_with(p_operation.path, o.path || '/'))
     and o.operation like '%\_show'
   order by length(o.path) desc limit 1;
  return case when v_show.operation is not null then (pgrant_rules.admin_perform(p_tenant, v_show, p_arguments)).value end;
end
$$;

comment on function pgrant_rules.admin_state(uuid, pgrant_rules.admin_operation, jsonb) is
  'What an operation is about as it is now; null where there is no such thing.';

create function pgrant_rules.admin_done(
  p_tenant uuid, p_admin pgrant_rules.admin, p_operation pgrant_rules.admin_operation, p_arguments jsonb, p_if_match text
) returns pgrant_api.admin_answer
language plpgsql
as $$
declare
  v_out pgrant_api.admin_answer;
  v_result pgrant_rules.admin_result;
  v_arguments jsonb := p_arguments || p_operation.fixed;
begin
  perform pgrant_rules.admin_begin(p_admin);
  if p_operation.effect <> 'read' then
    -- One change after the other: what If-Match has compared is what is changed.
    perform pgrant_rules.admins_wait(p_tenant);
    if p_if_match is not null
       and not coalesce(p_if_match in ('*', pgrant_rules.admin_etag(pgrant_rules.admin_state(p_tenant, p_operation, v_arguments))), false)
    then
      v_out.error := 'precondition_failed';
      v_out.reason := 'another state than the one of If-Match';
      return v_out;
    end if;
  end if;
  v_result := pgrant_rules.admin_perform(p_tenant, p_operation, v_arguments);
  v_out.error := v_result.error;
  v_out.reason := case when v_result.error is not null then coalesce(v_result.detail, 'the operation failed') end;
  v_out.detail := v_result.detail;
  v_out.value := v_result.value;
  if v_out.error is null and (p_operation.operation like '%\_show' or p_operation.operation like '%\_set') then
    v_out.etag := pgrant_rules.admin_etag(v_out.value);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.admin_done(uuid, pgrant_rules.admin, pgrant_rules.admin_operation, jsonb, text) is
  'Does an operation for an admin, where p_if_match (an etag, * = whatever it is, null = no condition) is of what is there. Errors: those of admin_perform, precondition_failed.';

create function pgrant_rules.admin_once(
  p_tenant uuid, p_admin pgrant_rules.admin, p_operation pgrant_rules.admin_operation, p_arguments jsonb, p_if_match text,
  p_idempotency_hash bytea, p_content_hash bytea, p_secret_salt bytea
) returns pgrant_api.admin_answer
language plpgsql
as $$
declare
  v_out pgrant_api.admin_answer;
  v_known pgrant.idempotency_keys;
  v_key_hash bytea := sha256(convert_to(concat(p_admin.user_id, ' ', p_admin.client_id, ' '), 'UTF8') || p_idempotency_hash);
begin
  -- Whoever repeats a request that is still being done waits for it.
  perform pgrant_rules.admins_wait(p_tenant);
  select k.* into v_known
    from pgrant.idempotency_keys k
   where k.tenant_id = p_tenant and k.key_hash = v_key_hash and k.expires_at > now();
  if not found then
    v_out := pgrant_rules.admin_done(p_tenant, p_admin, p_operation, p_arguments, p_if_match);
    if v_out.error is null then
      insert into pgrant.idempotency_keys (tenant_id, key_hash, expires_at, content_hash, secret_salt, value)
      values (p_tenant, v_key_hash, date_trunc('hour', now()) + interval '25 hours', p_content_hash,
              p_secret_salt, jsonb_build_object('value', v_out.value, 'etag', v_out.etag));
    end if;
  elsif v_known.content_hash <> p_content_hash then
    v_out.error := 'idempotency_key_reused';
    v_out.reason := 'the key was used for another request';
  else
    v_out.value := nullif(v_known.value -> 'value', 'null');
    v_out.etag := v_known.value ->> 'etag';
    v_out.secret_salt := v_known.secret_salt;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.admin_once(uuid, pgrant_rules.admin, pgrant_rules.admin_operation, jsonb, text, bytea, bytea, bytea) is
  'Does an operation once for each key of a client, for a day; a repetition gets the same answer, and does nothing. What failed may be tried again. Errors: those of admin_done, idempotency_key_reused.';

create function pgrant_api.admin_find(
  p_tenant uuid, p_request_id text, p_address inet, p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb, p_operation text
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
  v_admin pgrant_rules.admin;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_admin := pgrant_rules.admin_of_token(p_tenant, (pgrant_rules.tokens_live(p_tenant, pgrant_rules.tokens_find(
    p_tenant, array[p_access_hash], array[p_access_expires_at], array[p_jwt])))[1]);
  v_out.error := v_admin.error;
  v_out.reason := v_admin.reason;
  if v_out.error is null and not v_admin.may_write then
    v_out.error := 'not_found';
    v_out.reason := 'no such operation for this token';
  end if;
  if v_out.error is not null then
    v_out.error := pgrant_rules.audit(p_tenant, 'admin.call', v_out.error, v_out.reason, v_admin.client_id,
                                      v_admin.user_id, p_detail => jsonb_build_object('operation', left(p_operation, 100)));
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.admin_find(uuid, text, inet, bytea, bigint, jsonb, text) is
  'Whether an access token is of an admin who may change something, before what p_operation needs is made at a cost; the keys that it is bound to are proven as it is done (admin_call). Writes nothing but a refusal. Errors: invalid_token, not_found (whoever is no such admin), too_many_attempts, flood.';

create function pgrant_api.admin_call(
  p_tenant uuid, p_request_id text, p_address inet, p_possession jsonb, p_access_hash bytea, p_access_expires_at bigint, p_jwt jsonb,
  p_operation text, p_arguments jsonb, p_if_match text, p_idempotency_hash bytea, p_content_hash bytea, p_secret_salt bytea
) returns pgrant_api.admin_answer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.admin_answer;
  v_admin pgrant_rules.admin;
  v_operation pgrant_rules.admin_operation;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_admin := pgrant_rules.admin_by_token(p_tenant, p_possession, p_access_hash, p_access_expires_at, p_jwt);
  select o.* into v_operation from pgrant_rules.admin_operations() o where o.operation = p_operation;
  if v_admin.error is null and v_operation.effect <> 'read' then
    -- Looked at again once nobody takes it from them meanwhile: they would give it back to themselves.
    perform pgrant_rules.admins_wait(p_tenant);
    v_admin := pgrant_rules.admin_of_token(p_tenant, (pgrant_rules.tokens_live(p_tenant, pgrant_rules.tokens_find(
      p_tenant, array[p_access_hash], array[p_access_expires_at], array[p_jwt])))[1]);
  end if;
  if v_admin.error is not null then
    v_out.error := v_admin.error;
    v_out.reason := v_admin.reason;
    v_out.detail := v_admin.detail;
  elsif v_operation.operation is null or pgrant_rules.admin_function(v_operation.function_name) is null
        or v_operation.effect <> 'read' and not v_admin.may_write then
    v_out.error := 'not_found';
    v_out.reason := 'no such operation for this token';
  elsif p_idempotency_hash is not null and v_operation.effect <> 'read' then
    v_out := pgrant_rules.admin_once(p_tenant, v_admin, v_operation, p_arguments, p_if_match, p_idempotency_hash, p_content_hash,
                                      p_secret_salt);
  else
    v_out := pgrant_rules.admin_done(p_tenant, v_admin, v_operation, p_arguments, p_if_match);
  end if;
  if v_out.error is not null then
    v_out.proof_algs := v_admin.proof_algs;
    v_out.error := pgrant_rules.audit(p_tenant, 'admin.call', v_out.error, v_out.reason, v_admin.client_id,
                                      v_admin.user_id, p_detail => jsonb_build_object('operation', left(p_operation, 100)));
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.admin_call(uuid, text, inet, jsonb, bytea, bigint, jsonb, text, jsonb, text, bytea, bytea, bytea) is
  'Does an operation of the admin API (see admin_operations) for whoever has an access token of admins; p_arguments by the names that the function has. With p_idempotency_hash (SHA-256 of the Idempotency-Key) and p_content_hash once. Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce, not_found (whoever is no admin, too), invalid_request, already_exists, precondition_failed, idempotency_key_reused, too_many_attempts, flood.';
