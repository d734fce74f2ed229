-- What operators and admins call: what developers bring is looked at, approved, returned, suspended.

create function pgrant_ops.developer_client_search(
  p_tenant uuid, p_waiting boolean default false, p_after text default '', p_limit integer default 50
) returns table (client_id text, name text, kind text, state text, username text, submitted_at timestamptz, created_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select d.client_id, c.name, pgrant_rules.developer_kind(c.grant_types, c.token_endpoint_auth_method),
         pgrant_rules.developer_state(c.disabled_at, c.draft, d.submitted_at), u.username, d.submitted_at,
         d.created_at
    from pgrant.developer_clients d
    join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = d.client_id
    join pgrant.users u on u.tenant_id = p_tenant and u.user_id = d.developer_id
   where d.tenant_id = p_tenant and d.client_id > p_after and (not p_waiting or d.submitted_at is not null)
   order by d.client_id
   limit least(greatest(p_limit, 1), 1000);
end
$$;

comment on function pgrant_ops.developer_client_search(uuid, boolean, text, integer) is
  'The applications that developers brought, by client_id, p_limit of them (1000 at most) after p_after; p_waiting = those that wait for a review. May be null: submitted_at. Raises OA001.';

create function pgrant_rules.developer_client_found(p_tenant uuid, p_client_id text) returns pgrant.developer_clients
language plpgsql
as $$
declare
  v_brought pgrant.developer_clients;
begin
  select d.* into v_brought
    from pgrant.developer_clients d where d.tenant_id = p_tenant and d.client_id = p_client_id for update;
  if not found then
    raise exception 'no developer has brought a client %', p_client_id using errcode = 'OA001',
      hint = 'list them: select * from pgrant_ops.developer_client_search(p_tenant)';
  end if;
  return v_brought;
end
$$;

comment on function pgrant_rules.developer_client_found(uuid, text) is 'What a developer brought, locked. Raises OA001.';

create function pgrant_ops.developer_client_show(p_tenant uuid, p_client_id text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_brought pgrant.developer_clients;
  v_client pgrant.clients;
begin
  perform pgrant_rules.administer(p_tenant);
  v_brought := pgrant_rules.developer_client_found(p_tenant, p_client_id);
  select c.* into v_client from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id;
  return (
    select pgrant_rules.developer_client_shown(p_tenant, v_brought, v_client) || jsonb_build_object(
             'username', u.username,
             'submitted_at', v_brought.submitted_at,
             'messages', (select coalesce(jsonb_agg(jsonb_build_object('action', m.action, 'message', m.message, 'at', m.at)
                                          order by m.at desc, m.message_id), '[]')
                            from pgrant.developer_messages m where m.tenant_id = p_tenant and m.client_id = p_client_id))
      from pgrant.users u
     where u.tenant_id = p_tenant and u.user_id = v_brought.developer_id);
end
$$;

comment on function pgrant_ops.developer_client_show(uuid, text) is
  'An application that a developer brought: what is in force, what is proposed instead, who (username) and what was said (messages, the youngest first). Raises OA001.';

create function pgrant_rules.message_check(p_message text) returns void
language plpgsql
as $$
begin
  if pgrant_rules.message_sound(p_message) is not true then
    raise exception 'a message is text of at most 2000 characters, but for line breaks only such as people can see' using errcode = 'OA003';
  end if;
end
$$;

comment on function pgrant_rules.message_check(text) is 'Raises OA003 for a message that people would not see as it is.';

create function pgrant_rules.developer_decided(p_tenant uuid, p_client_id text, p_action text, p_message text) returns void
language plpgsql
as $$
begin
  perform pgrant_rules.developer_message_add(p_tenant, p_client_id, split_part(p_action, '.', 2), p_message);
  perform pgrant_rules.client_remember(p_tenant, p_client_id, p_action);
  perform pgrant_rules.audit(p_tenant, p_action, null, null, p_client_id, d.developer_id,
                             p_detail => jsonb_build_object('message', p_message))
     from pgrant.developer_clients d where d.tenant_id = p_tenant and d.client_id = p_client_id;
end
$$;

comment on function pgrant_rules.developer_decided(uuid, text, text, text) is 'Keeps what was decided about an application, and tells its developer.';

create function pgrant_ops.developer_client_approve(
  p_tenant uuid, p_client_id text, p_message text default '', p_submitted_at timestamptz default null
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_brought pgrant.developer_clients;
  v_client pgrant.clients;
begin
  perform pgrant_rules.administer(p_tenant);
  v_brought := pgrant_rules.developer_client_found(p_tenant, p_client_id);
  perform pgrant_rules.message_check(p_message);
  if v_brought.submitted_at is null or v_brought.submitted_at <> p_submitted_at then
    raise exception 'what was looked at is not in review any more' using errcode = 'OA003',
      hint = 'pgrant_ops.developer_client_show says what is';
  end if;
  if v_brought.proposed is not null then
    v_client := pgrant_rules.client_hold(p_tenant, p_client_id);
    v_client := pgrant_rules.client_store((pgrant_rules.developer_shape(p_tenant, v_client, v_brought.proposed)).client);
  end if;
  perform pgrant_rules.client_settings_check(p_tenant, p_client_id);
  update pgrant.clients c set draft = false where c.tenant_id = p_tenant and c.client_id = p_client_id and c.draft;
  update pgrant.developer_clients d
     set proposed = null, submitted_at = null
   where d.tenant_id = p_tenant and d.client_id = p_client_id;
  perform pgrant_rules.developer_decided(p_tenant, p_client_id, 'developer_client.approve', p_message);
end
$$;

comment on function pgrant_ops.developer_client_approve(uuid, text, text, timestamptz) is
  'Approves an application that is in review, or what is proposed for one: from now on it is in force, for everybody. p_submitted_at is what was looked at (submitted_at of developer_client_show; null = whatever is there): what was submitted since is not approved. Raises OA001, OA003.';

create function pgrant_ops.developer_client_return(p_tenant uuid, p_client_id text, p_message text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.message_check(p_message);
  if (pgrant_rules.developer_client_found(p_tenant, p_client_id)).submitted_at is null then
    raise exception 'the application is not in review' using errcode = 'OA003';
  end if;
  update pgrant.developer_clients d
     set submitted_at = null
   where d.tenant_id = p_tenant and d.client_id = p_client_id;
  perform pgrant_rules.developer_decided(p_tenant, p_client_id, 'developer_client.return', p_message);
end
$$;

comment on function pgrant_ops.developer_client_return(uuid, text, text) is
  'Returns what is in review to its developer, who may change it and submit it again. Raises OA001, OA003.';

create function pgrant_ops.developer_client_suspend(p_tenant uuid, p_client_id text, p_suspended boolean, p_message text default '')
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.message_check(p_message);
  perform pgrant_rules.developer_client_found(p_tenant, p_client_id);
  perform pgrant_ops.client_disable(p_tenant, p_client_id, p_suspended);
  perform pgrant_rules.developer_decided(
    p_tenant, p_client_id, case when p_suspended then 'developer_client.suspend' else 'developer_client.resume' end, p_message);
end
$$;

comment on function pgrant_ops.developer_client_suspend(uuid, text, boolean, text) is
  'Suspends an application that a developer brought, as client_disable does (its tokens are dead at once), or lets it work again. Raises OA001, OA003.';
