-- The developer portal: what a developer changes.

create type pgrant_api.developer_change as (
  error      pgrant_api.error,
  reason     text,
  client_id  text,
  secret     boolean,
  in_review  boolean,
  faults     jsonb,
  repeated   boolean,
  moved      jsonb
);

comment on type pgrant_api.developer_change is 'What came of a change at the developer portal.';
comment on column pgrant_api.developer_change.secret is 'Whether the secret that was made is in force.';
comment on column pgrant_api.developer_change.in_review is 'Whether somebody of the tenant has to look at it before it is in force.';
comment on column pgrant_api.developer_change.repeated is 'Whether the form was sent before: nothing was done now, and client_id is what came of it then.';
comment on column pgrant_api.developer_change.moved is 'What somebody has changed since the form was made, as it is now; null = nothing that this would undo.';
comment on column pgrant_api.developer_change.faults is 'With invalid_request, what is wrong with which field: {field: {fault, value}}; null = the form has no field that is.';

create function pgrant_rules.developer_change_out(
  p_tenant uuid, p_action text, p_developer pgrant_rules.developer, p_client_id text,
  p_out pgrant_api.developer_change, p_detail jsonb default null
) returns pgrant_api.developer_change
language plpgsql
as $$
begin
  p_out.error := pgrant_rules.audit(p_tenant, p_action, p_out.error, p_out.reason, p_client_id, (p_developer.session).user_id,
                                    p_detail => case when p_out.error is null then p_detail end);
  p_out.client_id := case when p_out.error is null then p_client_id end;
  p_out.secret := coalesce(p_out.secret, false);
  p_out.in_review := coalesce(p_out.in_review, false);
  p_out.repeated := false;
  return p_out;
end
$$;

comment on function pgrant_rules.developer_change_out(uuid, text, pgrant_rules.developer, text, pgrant_api.developer_change, jsonb) is
  'The answer to a change, recorded. Errors: that of p_out, too_many_attempts, flood.';

create function pgrant_rules.developer_repeated(
  p_tenant uuid, p_developer pgrant_rules.developer, p_what text, p_form_hash bytea
) returns pgrant_api.developer_change
language plpgsql
as $$
declare
  v_out pgrant_api.developer_change;
  v_value jsonb;
begin
  if p_developer.error is null and p_form_hash is not null then
    v_value := pgrant_rules.form_sent(p_tenant, (p_developer.session).user_id, p_what, p_form_hash);
  end if;
  v_out.client_id := v_value ->> 'client_id';
  v_out.secret := false;
  v_out.in_review := false;
  v_out.repeated := v_value is not null;
  return v_out;
end
$$;

comment on function pgrant_rules.developer_repeated(uuid, pgrant_rules.developer, text, bytea) is
  'The answer to a form that was sent before (repeated), for which nothing is to be done. p_form_hash null = a form that may be sent again.';

create function pgrant_rules.developer_metadata_event(p_client pgrant.clients) returns jsonb
language sql immutable
as $$
  select jsonb_build_object('name', p_client.name, 'redirect_uris', p_client.redirect_uris, 'scopes', to_jsonb(p_client.scopes))
$$;

comment on function pgrant_rules.developer_metadata_event(pgrant.clients) is 'What the audit keeps of an application that a developer brought or changed.';

create function pgrant_rules.developer_full(p_tenant uuid, p_user_id uuid) returns boolean
language plpgsql
as $$
begin
  -- One application of the developer after the other, so that what is counted stays true.
  perform from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_user_id for no key update;
  return (select count(d.client_id) >= t.developer_quota
            from pgrant.tenants t
            left join pgrant.developer_clients d on d.tenant_id = p_tenant and d.developer_id = p_user_id
           where t.tenant_id = p_tenant
           group by t.tenant_id);
end
$$;

comment on function pgrant_rules.developer_full(uuid, uuid) is
  'Whether a developer has as many applications as one may; it stays so until the transaction ends.';

create function pgrant_api.developer_client_add(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_kind text, p_metadata jsonb, p_next_secret_hash bytea, p_form_hash bytea
) returns pgrant_api.developer_change
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.developer_change;
  v_developer pgrant_rules.developer;
  v_shape pgrant_rules.developer_shape;
  v_client pgrant.clients;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_developer := pgrant_rules.developer_to_change(p_tenant, p_session_hash, p_session_expires_at, p_csrf_hash, null, false);
  v_out := pgrant_rules.developer_repeated(p_tenant, v_developer, 'developer_client.add', p_form_hash);
  if v_out.repeated then
    return v_out;
  end if;
  v_out.error := v_developer.error;
  v_out.reason := v_developer.reason;
  if v_out.error is null then
    v_shape := pgrant_rules.developer_shape(p_tenant, pgrant_rules.developer_client_new(p_tenant, p_kind), p_metadata);
    v_client := v_shape.client;
    if not pgrant_rules.developer_kind_taken(p_tenant, v_client) then
      v_out.error := 'not_found';
      v_out.reason := 'the tenant takes no application that authenticates so';
    elsif v_shape.faults <> '{}' then
      v_out.error := 'invalid_request';
      v_out.reason := 'a field is wrong';
      v_out.faults := v_shape.faults;
    elsif pgrant_rules.developer_full(p_tenant, (v_developer.session).user_id) then
      v_out.error := 'access_denied';
      v_out.reason := 'developer_quota reached';
    end if;
  end if;
  if v_out.error is not null then
    return pgrant_rules.developer_change_out(p_tenant, 'developer_client.add', v_developer, null, v_out);
  end if;
  v_client.tenant_id := p_tenant;
  v_client.client_id := 'app-' || gen_random_uuid();
  insert into pgrant.clients select v_client.*;
  insert into pgrant.developer_clients (tenant_id, client_id, developer_id)
  values (p_tenant, v_client.client_id, (v_developer.session).user_id);
  v_out.secret := pgrant_rules.client_has_secret(v_client);
  if v_out.secret then
    insert into pgrant.client_secrets (tenant_id, client_id, secret_hash) values (p_tenant, v_client.client_id, p_next_secret_hash);
  end if;
  perform pgrant_rules.client_remember(p_tenant, v_client.client_id, 'developer_client.add');
  if p_form_hash is not null then
    perform pgrant_rules.form_keep(p_tenant, (v_developer.session).user_id, 'developer_client.add', p_form_hash,
                                   jsonb_build_object('client_id', v_client.client_id));
  end if;
  return pgrant_rules.developer_change_out(p_tenant, 'developer_client.add', v_developer, v_client.client_id, v_out,
                                           pgrant_rules.developer_metadata_event(v_client));
end
$$;

comment on function pgrant_api.developer_client_add(uuid, text, inet, bytea, bigint, bytea, text, jsonb, bytea, bytea) is
  'Brings an application as a draft: p_kind is web, app or machine, p_metadata by developer_fields(). p_next_secret_hash is stored for one that has a secret. With p_form_hash (SHA-256 of the form''s own key; null = it has none) once: sent again, it is repeated. Errors: login_required, not_found (token_endpoint_auth_methods of the tenant, too), csrf_mismatch, invalid_request (see faults), access_denied (developer_quota), too_many_attempts, flood.';

create function pgrant_rules.developer_grows(p_before pgrant.clients, p_after pgrant.clients) returns boolean
language sql immutable
as $$
  select pgrant_rules.client_identity_changed(p_before, p_after)
      or p_before.scopes is not null and not p_before.scopes @> p_after.scopes
$$;

comment on function pgrant_rules.developer_grows(pgrant.clients, pgrant.clients) is
  'Whether a change makes more of a client than was approved, or something else: a scope or a redirect URI more, another name or page.';

create function pgrant_api.developer_client_set(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_client_id text, p_metadata jsonb, p_message text, p_versions jsonb
) returns pgrant_api.developer_change
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.developer_change;
  v_developer pgrant_rules.developer;
  v_shape pgrant_rules.developer_shape;
  v_proposed jsonb;
  v_moved jsonb;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_developer := pgrant_rules.developer_to_change(p_tenant, p_session_hash, p_session_expires_at, p_csrf_hash, p_client_id, false);
  v_out.error := v_developer.error;
  v_out.reason := v_developer.reason;
  if v_out.error is null then
    v_developer.client := pgrant_rules.client_hold(p_tenant, p_client_id);
    v_shape := pgrant_rules.developer_shape(p_tenant, v_developer.client, p_metadata);
    v_moved := case when p_versions is null then '{}' else pgrant_rules.members_moved(
      p_versions, pgrant_rules.developer_form(v_developer.brought, v_developer.client), pgrant_rules.developer_fields()) end;
    if pgrant_rules.message_sound(p_message) is not true then
      v_shape.faults := v_shape.faults || '{"message": {"fault": "message"}}';
    end if;
    if pgrant_rules.developer_state((v_developer.client).disabled_at, (v_developer.client).draft,
                                    (v_developer.brought).submitted_at) = 'in_review' then
      v_out.error := 'access_denied';
      v_out.reason := 'the application is in review: what is looked at does not change';
    elsif pgrant_rules.moved_in_vain(v_moved, to_jsonb(v_shape.client)) then
      v_out.error := 'precondition_failed';
      v_out.reason := 'another state than that of the form';
      v_out.moved := v_moved;
    elsif v_shape.faults <> '{}' then
      v_out.error := 'invalid_request';
      v_out.reason := 'a field is wrong';
      v_out.faults := v_shape.faults;
    end if;
  end if;
  if v_out.error is not null then
    return pgrant_rules.developer_change_out(p_tenant, 'developer_client.set', v_developer, p_client_id, v_out);
  elsif not (v_developer.client).draft and pgrant_rules.developer_grows(v_developer.client, v_shape.client) then
    select jsonb_object_agg(f.key, f.value) into v_proposed
      from jsonb_each(to_jsonb(v_shape.client)) f where f.key = any (pgrant_rules.developer_fields());
    perform pgrant_rules.developer_submit(p_tenant, p_client_id, v_proposed, p_message);
    v_out.in_review := true;
  else
    perform pgrant_rules.client_store(v_shape.client);
    update pgrant.developer_clients d
       set proposed = null, submitted_at = null
     where d.tenant_id = p_tenant and d.client_id = p_client_id;
    perform pgrant_rules.client_remember(p_tenant, p_client_id, 'developer_client.set');
  end if;
  return pgrant_rules.developer_change_out(
    p_tenant, case when v_out.in_review then 'developer_client.submit' else 'developer_client.set' end, v_developer, p_client_id, v_out,
    pgrant_rules.developer_metadata_event(v_shape.client));
end
$$;

comment on function pgrant_api.developer_client_set(uuid, text, inet, bytea, bigint, bytea, text, jsonb, text, jsonb) is
  'Changes an application to p_metadata (by developer_fields()). What makes more of one that was approved, or something else, waits for a review, with p_message for it; what is in force stays till then. With p_versions (what the form was made from; null = it does not say) a change that undoes what has moved since is not done. Errors: login_required, not_found, csrf_mismatch, invalid_request (see faults), access_denied (in review, suspended), precondition_failed (see moved), too_many_attempts, flood.';

create function pgrant_api.developer_client_remove(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_client_id text, p_confirmed_name text
) returns pgrant_api.developer_change
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.developer_change;
  v_developer pgrant_rules.developer;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_developer := pgrant_rules.developer_to_change(p_tenant, p_session_hash, p_session_expires_at, p_csrf_hash, p_client_id, true);
  v_out.error := v_developer.error;
  v_out.reason := v_developer.reason;
  if v_out.error is null and pgrant.name_normal(p_confirmed_name) is distinct from (v_developer.client).name then
    v_out.error := 'invalid_request';
    v_out.reason := 'the name that was typed is another one';
    v_out.faults := '{"confirmed_name": {"fault": "other_name"}}';
  end if;
  if v_out.error is null then
    perform pgrant_rules.client_delete(p_tenant, p_client_id, 'developer_client.remove');
  end if;
  return pgrant_rules.developer_change_out(p_tenant, 'developer_client.remove', v_developer, p_client_id, v_out);
end
$$;

comment on function pgrant_api.developer_client_remove(uuid, text, inet, bytea, bigint, bytea, text, text) is
  'Removes an application with its secrets, grants and tokens, after a recent sign-in and with its name typed. Errors: login_required, not_found, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (suspended), invalid_request (another name), too_many_attempts, flood.';
