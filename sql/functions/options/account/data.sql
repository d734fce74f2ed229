-- The account page: what is known of the person, and the end of the account.

create type pgrant_api.account_data as (
  error     pgrant_api.error,
  reason    text,
  username  text,
  recent    boolean,
  deletion  boolean,
  data      jsonb
);

comment on type pgrant_api.account_data is 'What is known of a person.';
comment on column pgrant_api.account_data.recent is 'Whether the sign-in is so recent that the account may be deleted.';
comment on column pgrant_api.account_data.deletion is 'Whether people of this tenant may delete their account (account_deletion).';
comment on column pgrant_api.account_data.data is
  '{account, roles, groups, applications, developer_applications, sessions, identity_providers, second_factors (as of second_factor_page)}; times ISO 8601 in UTC. No secret and no hash.';

create function pgrant_rules.account_known(p_tenant uuid, p_user_id uuid) returns jsonb
language plpgsql stable
as $$
begin
  return jsonb_build_object(
    'account', (select jsonb_build_object('sub', u.user_id, 'username', u.username, 'claims', u.claims,
                                          'created_at', pgrant_rules.iso8601(u.created_at))
                  from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_user_id),
    'roles', (select coalesce(jsonb_agg(distinct r.scope order by r.scope), '[]')
                from pgrant.user_roles r where r.tenant_id = p_tenant and r.user_id = p_user_id),
    'groups', (select coalesce(jsonb_agg(distinct m.group_name order by m.group_name), '[]')
                 from pgrant.group_members m where m.tenant_id = p_tenant and m.user_id = p_user_id),
    'applications', (select coalesce(jsonb_agg(jsonb_build_object(
                              'client_id', g.client_id, 'client_name', c.name, 'scopes', to_jsonb(g.scopes),
                              'created_at', pgrant_rules.iso8601(g.created_at), 'consented_at', pgrant_rules.iso8601(g.consented_at),
                              'last_used_at', pgrant_rules.iso8601(g.last_used_at), 'revoked_at', pgrant_rules.iso8601(g.revoked_at))
                            order by g.created_at), '[]')
                       from pgrant.grants g
                       join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = g.client_id
                      where g.tenant_id = p_tenant and g.user_id = p_user_id),
    'developer_applications', (select coalesce(jsonb_agg(jsonb_build_object(
                                         'client_id', d.client_id, 'client_name', c.name,
                                         'created_at', pgrant_rules.iso8601(d.created_at),
                                         'messages', (select coalesce(jsonb_agg(m.message order by m.at), '[]')
                                                        from pgrant.developer_messages m
                                                       where m.tenant_id = p_tenant and m.client_id = d.client_id and m.message <> ''))
                                       order by d.created_at), '[]')
                                 from pgrant.developer_clients d
                                 join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = d.client_id
                                where d.tenant_id = p_tenant and d.developer_id = p_user_id),
    'sessions', (select coalesce(jsonb_agg(jsonb_build_object(
                          'auth_time', pgrant_rules.iso8601(s.auth_time), 'amr', to_jsonb(s.amr),
                          'address', host(s.address), 'user_agent', s.user_agent,
                          'last_seen_at', pgrant_rules.iso8601(s.last_seen_at), 'ended_at', pgrant_rules.iso8601(s.ended_at))
                        order by s.auth_time), '[]')
                   from pgrant.sessions s where s.tenant_id = p_tenant and s.user_id = p_user_id),
    'identity_providers', pgrant_rules.upstream_choices(p_tenant, p_user_id),
    'second_factors', pgrant_rules.second_factor_page(p_tenant, p_user_id));
end
$$;

comment on function pgrant_rules.account_known(uuid, uuid) is 'What is stored of a person, for the person (Regulation (EU) 2016/679, article 20).';

create function pgrant_api.account_data_show(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint
) returns pgrant_api.account_data
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.account_data;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  if v_session.session_id is null then
    v_out.error := 'login_required';
    v_out.reason := 'nobody is signed in';
    return v_out;
  end if;
  select u.username into v_out.username from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_session.user_id;
  select t.account_deletion into v_out.deletion from pgrant.tenants t where t.tenant_id = p_tenant;
  v_out.recent := pgrant_rules.account_recent(v_session);
  v_out.data := pgrant_rules.account_known(p_tenant, v_session.user_id);
  return v_out;
end
$$;

comment on function pgrant_api.account_data_show(uuid, text, inet, bytea, bigint) is
  'What is known of the person who is signed in. Writes nothing but the session''s idle expiry. Errors: login_required.';

create function pgrant_api.account_delete(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint,
  p_csrf_hash bytea, p_username text
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_hold(p_tenant, p_session_hash, p_session_expires_at);
  select r.error, r.reason into v_out.error, v_out.reason from pgrant_rules.account_refusal(v_session, p_csrf_hash, true) r;
  if v_out.error is null and not (select t.account_deletion from pgrant.tenants t where t.tenant_id = p_tenant) then
    v_out.error := 'access_denied';
    v_out.reason := 'people of this tenant do not delete their accounts (account_deletion)';
  elsif v_out.error is null and not exists (select from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_session.user_id
                                               and u.username_key = lower(p_username)) then
    v_out.error := 'invalid_request';
    v_out.reason := 'the username that was typed is another one';
  end if;
  if v_out.error is null then
    perform pgrant_rules.user_delete(p_tenant, v_session.user_id);
  else
    perform pgrant_rules.audit(p_tenant, 'user.remove', v_out.error, v_out.reason, null, v_session.user_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.account_delete(uuid, text, inet, bytea, bigint, bytea, text) is
  'Removes the person who is signed in as user_remove does, after a recent sign-in, and with the username typed. Errors: login_required, csrf_mismatch, insufficient_user_authentication (sign in again first), access_denied (account_deletion is off), invalid_request (another username).';
