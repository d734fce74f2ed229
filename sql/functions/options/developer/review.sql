-- The developer portal: an application is submitted, and people of the tenant decide.

create function pgrant_api.developer_client_submit(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_client_id text, p_message text
) returns pgrant_api.developer_change
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.developer_change;
  v_developer pgrant_rules.developer;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_developer := pgrant_rules.developer_to_change(p_tenant, p_session_hash, p_session_expires_at, p_csrf_hash, p_client_id, false);
  v_out.error := v_developer.error;
  v_out.reason := v_developer.reason;
  if v_out.error is null and (not (v_developer.client).draft or (v_developer.brought).submitted_at is not null) then
    v_out.error := 'access_denied';
    v_out.reason := 'nothing is left to submit';
  elsif v_out.error is null and pgrant_rules.message_sound(p_message) is not true then
    v_out.error := 'invalid_request';
    v_out.reason := 'a field is wrong';
    v_out.faults := '{"message": {"fault": "message"}}';
  end if;
  if v_out.error is null then
    perform pgrant_rules.developer_submit(p_tenant, p_client_id, null, p_message);
    v_out.in_review := true;
  end if;
  return pgrant_rules.developer_change_out(p_tenant, 'developer_client.submit', v_developer, p_client_id, v_out,
                                           pgrant_rules.developer_metadata_event(v_developer.client));
end
$$;

comment on function pgrant_api.developer_client_submit(uuid, text, inet, bytea, bigint, bytea, text, text) is
  'Submits a draft for review, with a message for whoever looks at it. Errors: login_required, not_found, csrf_mismatch, access_denied (no draft, in review, suspended), invalid_request (see faults), too_many_attempts, flood.';

create function pgrant_api.developer_client_withdraw(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea, p_client_id text
) returns pgrant_api.developer_change
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.developer_change;
  v_developer pgrant_rules.developer;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_developer := pgrant_rules.developer_to_change(p_tenant, p_session_hash, p_session_expires_at, p_csrf_hash, p_client_id, false);
  v_out.error := v_developer.error;
  v_out.reason := v_developer.reason;
  if v_out.error is null and num_nonnulls((v_developer.brought).submitted_at, (v_developer.brought).proposed) = 0 then
    v_out.error := 'access_denied';
    v_out.reason := 'nothing is in review';
  end if;
  if v_out.error is null then
    update pgrant.developer_clients d
       set submitted_at = null, proposed = null
     where d.tenant_id = p_tenant and d.client_id = p_client_id;
    perform pgrant_rules.developer_message_add(p_tenant, p_client_id, 'withdraw', '');
  end if;
  return pgrant_rules.developer_change_out(p_tenant, 'developer_client.withdraw', v_developer, p_client_id, v_out);
end
$$;

comment on function pgrant_api.developer_client_withdraw(uuid, text, inet, bytea, bigint, bytea, text) is
  'Takes back what was submitted: a draft can be changed again, and what was proposed for an application that was approved is dropped. Errors: login_required, not_found, csrf_mismatch, access_denied (nothing is in review, suspended), too_many_attempts, flood.';
