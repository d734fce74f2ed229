-- The console: the operations of a page for whoever is signed in and has a role of admins.

create type pgrant_api.admin_page as (
  error       pgrant_api.error,
  reason      text,
  username    text,
  may_write   boolean,
  results     jsonb,
  repeated    boolean
);

comment on type pgrant_api.admin_page is 'What the operations of a page gave.';
comment on column pgrant_api.admin_page.may_write is 'Whether the person may change something; else they only see it.';
comment on column pgrant_api.admin_page.results is 'Array of {error, detail, value, versions}, in the order of the operations; after a change that was done there is no more. versions is there with a state that can be set (see member_versions), and with precondition_failed, whose value are the members that have moved, as they are now.';
comment on column pgrant_api.admin_page.repeated is 'Whether the form was sent before: nothing was done now.';

create function pgrant_rules.admin_wants_recent(p_operation pgrant_rules.admin_operation, p_arguments jsonb) returns boolean
language sql immutable
as $$
  select p_operation.effect in ('empower', 'destroy')
      or p_operation.operation = 'settings_set'
         and coalesce(p_arguments -> 'settings' ?| pgrant_rules.admin_settings_recent(), false)
$$;

comment on function pgrant_rules.admin_wants_recent(pgrant_rules.admin_operation, jsonb) is
  'Whether the console wants a recent sign-in for an operation: it cannot be taken back, or gives power that lasts.';

create function pgrant_rules.admin_page_refusal(
  p_admin pgrant_rules.admin, p_operation pgrant_rules.admin_operation, p_arguments jsonb, p_csrf_is_good boolean,
  out error pgrant_api.error, out reason text
)
language plpgsql stable
as $$
begin
  if p_operation.operation is null then
    error := 'not_found';
    reason := 'no such operation';
  elsif p_operation.effect = 'read' then
    return;
  elsif not p_admin.may_write then
    error := 'not_found';
    reason := 'the person may see and change nothing';
  elsif p_csrf_is_good is not true then
    error := 'csrf_mismatch';
    reason := 'csrf token missing or of another session';
  elsif p_admin.auth_time < now() - interval '15 minutes' and pgrant_rules.admin_wants_recent(p_operation, p_arguments) then
    error := 'insufficient_user_authentication';
    reason := 'the sign-in is too long ago';
  end if;
end
$$;

comment on function pgrant_rules.admin_page_refusal(pgrant_rules.admin, pgrant_rules.admin_operation, jsonb, boolean) is
  'Why a person at the console may not do an operation: for what cannot be taken back, or gives power that lasts, they have signed in 15 minutes ago at most.';

create function pgrant_rules.admin_members(p_state jsonb) returns jsonb
language sql immutable
as $$
  select case when jsonb_typeof(p_state) = 'object' then
    coalesce(nullif(p_state -> 'claims', 'null'), '{}')
    || coalesce((select jsonb_object_agg(w.key || '#' || t.key, w.value)
                   from jsonb_each(nullif(p_state -> 'texts', 'null')) t cross join jsonb_each(t.value) w), '{}')
    || p_state end
$$;

comment on function pgrant_rules.admin_members(jsonb) is
  'A state by the names under which an operation sets its members: claims of a person, and texts in a language (title#es), one by one.';

create function pgrant_rules.admin_page_change(
  p_tenant uuid, p_admin pgrant_rules.admin, p_operation pgrant_rules.admin_operation, p_arguments jsonb, p_versions jsonb
) returns jsonb
language plpgsql
as $$
declare
  v_arguments jsonb := p_arguments || p_operation.fixed;
  v_now jsonb;
  v_moved jsonb;
  v_done pgrant_api.admin_answer;
begin
  -- Before the state is looked at, by functions of operators: they would take it for theirs, and forget whose request it is.
  perform pgrant_rules.admin_begin(p_admin);
  -- One change after the other: what was compared is what is changed.
  perform pgrant_rules.admins_wait(p_tenant);
  v_now := pgrant_rules.admin_members(pgrant_rules.admin_state(p_tenant, p_operation, v_arguments));
  v_moved := pgrant_rules.members_moved(p_versions, v_now, array(
    select jsonb_object_keys(v_arguments) union select jsonb_object_keys(v_arguments -> p_operation.body)));
  begin
    v_done := pgrant_rules.admin_done(p_tenant, p_admin, p_operation, p_arguments, null);
    if v_done.error is null and pgrant_rules.moved_in_vain(
         v_moved, pgrant_rules.admin_members(pgrant_rules.admin_state(p_tenant, p_operation, v_arguments))) then
      raise exception 'another state than that of the form' using errcode = 'OA005';
    end if;
  exception
    when sqlstate 'OA005' then
      return jsonb_build_object('error', 'precondition_failed', 'value', v_moved, 'versions', pgrant_rules.member_versions(v_now));
  end;
  return jsonb_build_object('error', v_done.error, 'detail', v_done.detail, 'value', v_done.value);
end
$$;

comment on function pgrant_rules.admin_page_change(uuid, pgrant_rules.admin, pgrant_rules.admin_operation, jsonb, jsonb) is
  'Does an operation for a form that was made from p_versions: where somebody has changed one of the members that it sets, and it would undo that, nothing is done. An element of the results of admin_page. Errors: those of admin_perform, precondition_failed.';

create function pgrant_api.admin_page(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea,
  p_operations text[], p_arguments jsonb, p_form_hash bytea, p_versions jsonb
) returns pgrant_api.admin_page
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.admin_page;
  v_admin pgrant_rules.admin;
  v_refusal record;
  v_operation pgrant_rules.admin_operation;
  v_answer pgrant_api.admin_answer;
  v_done jsonb;
  v_csrf_is_good boolean;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_admin := pgrant_rules.admin_by_session(p_tenant, p_session_hash, p_session_expires_at);
  if v_admin.error is null and exists (select from pgrant_rules.admin_operations() o
                                        where o.operation = any (p_operations) and o.effect <> 'read') then
    -- As in admin_call.
    perform pgrant_rules.admins_wait(p_tenant);
    v_admin := pgrant_rules.admin_by_session(p_tenant, p_session_hash, p_session_expires_at);
  end if;
  v_out.error := v_admin.error;
  v_out.reason := v_admin.reason;
  v_out.results := '[]';
  v_out.repeated := false;
  if v_out.error is null then
    select s.csrf_hash = p_csrf_hash, u.username into v_csrf_is_good, v_out.username
      from pgrant.sessions s join pgrant.users u on u.tenant_id = p_tenant and u.user_id = s.user_id
     where s.tenant_id = p_tenant and s.session_hash = p_session_hash and s.expires_at = pgrant_rules.moment(p_session_expires_at);
    v_out.may_write := v_admin.may_write;
  end if;
  for i in 1 .. coalesce(cardinality(p_operations), 0) loop
    exit when v_out.error is not null;
    v_operation := null;
    select o.* into v_operation from pgrant_rules.admin_operations() o
     where o.operation = p_operations[i] and pgrant_rules.admin_function(o.function_name) is not null;
    select r.* into v_refusal
      from pgrant_rules.admin_page_refusal(v_admin, v_operation, coalesce(p_arguments -> (i - 1), '{}'), v_csrf_is_good) r;
    v_out.error := v_refusal.error;
    v_out.reason := v_refusal.reason;
    exit when v_out.error is not null;
    if v_operation.effect <> 'read' and p_form_hash is not null then
      v_out.repeated := pgrant_rules.form_sent(p_tenant, v_admin.user_id, v_operation.operation, p_form_hash) is not null;
      exit when v_out.repeated;
    end if;
    if v_operation.effect <> 'read' and p_versions is not null then
      v_done := pgrant_rules.admin_page_change(p_tenant, v_admin, v_operation, coalesce(p_arguments -> (i - 1), '{}'), p_versions);
    else
      v_answer := pgrant_rules.admin_done(p_tenant, v_admin, v_operation, coalesce(p_arguments -> (i - 1), '{}'), null);
      v_done := jsonb_build_object('error', v_answer.error, 'detail', v_answer.detail, 'value', v_answer.value, 'versions',
        case when v_operation.operation like '%\_show' then pgrant_rules.member_versions(pgrant_rules.admin_members(v_answer.value)) end);
    end if;
    v_out.results := v_out.results || v_done;
    continue when v_operation.effect = 'read' or v_done ->> 'error' is not null;
    if p_form_hash is not null then
      perform pgrant_rules.form_keep(p_tenant, v_admin.user_id, v_operation.operation, p_form_hash, '{}');
    end if;
    exit;
  end loop;
  if v_out.error is not null then
    v_out.error := pgrant_rules.audit(p_tenant, 'admin.call', v_out.error, v_out.reason, null, v_admin.user_id,
                                      p_detail => jsonb_build_object('operation', left(p_operations[1], 100)));
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.admin_page(uuid, text, inet, bytea, bigint, bytea, text[], jsonb, bytea, jsonb) is
  'Does the operations of a page of the console (see admin_operations) in order, for the signed-in person with a role of admins; p_arguments is an array with an object for each. A change comes first, needs the csrf token, and once it is done the others are not needed. With p_form_hash (SHA-256 of the form''s own key; null = it has none) a change is done once: sent again, it is repeated. With p_versions (what the form was made from; null = it does not say) a change that undoes what has moved since is not done: its error is precondition_failed. Errors: login_required, not_found (whoever is no admin, too), csrf_mismatch, insufficient_user_authentication, too_many_attempts, flood.';
