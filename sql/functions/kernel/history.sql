-- The past, kept by whoever changes the present: after its change a function has the thing remembered, in the same
-- transaction. The moment is taken here, after the lock on the row that was changed, so versions follow one another.

create function pgrant_rules.ended(p_valid tstzrange, p_at timestamptz) returns tstzrange
-- Immutable, as Citus wants what is asked of a column in an UPDATE: no time zone changes a microsecond.
language plpgsql immutable
as $$
begin
  return tstzrange(lower(p_valid), greatest(p_at, lower(p_valid) + interval '1 microsecond'));
end
$$;

comment on function pgrant_rules.ended(tstzrange, timestamptz) is
  'The period of a version that ends at p_at; never empty, even where the clock has gone back.';

create function pgrant_rules.cause_request() returns text
language sql stable
as $$ select nullif(current_setting('pgrant.request_id', true), '') $$;

comment on function pgrant_rules.cause_request() is 'The request_id that a version keeps; null where no request is behind it.';

-- Grants and clients have an expires_at that moves with use, on the hot path, where nothing is kept: an expiry ends a version when
-- it has passed, whenever that is noticed.

create view pgrant_rules.standing_grants with (security_invoker = true) as
select g.tenant_id, g.grant_id, g.user_id, g.client_id, g.scopes, g.resources, g.authorization_details,
       case when c.consent <> 'never' then g.consent_expires_at end as consent_expires_at, g.expires_at
  from pgrant.grants g
  join pgrant.clients c on c.tenant_id = g.tenant_id and c.client_id = g.client_id
 where g.revoked_at is null;

comment on view pgrant_rules.standing_grants is 'Grants that are not revoked, with what is kept of them; past expires_at they stand no more.';

create view pgrant_rules.standing_clients with (security_invoker = true) as
select c.tenant_id, c.client_id, c.name, c.maker_id, c.scopes,
       'client_credentials' = any (c.grant_types)
       or 'urn:ietf:params:oauth:grant-type:jwt-bearer' = any (c.grant_types) and c.registered_at is null as machine,
       -- What a key has signed needs no secret.
       case when c.token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post')
             and not 'urn:ietf:params:oauth:grant-type:jwt-bearer' = any (c.grant_types)
            then k.expires_at
            else 'infinity' end as secret_expires_at,
       c.disabled_at, coalesce(c.expires_at, 'infinity') as expires_at
  from pgrant.clients c
  left join (select s.tenant_id, s.client_id, max(s.expires_at) as expires_at
               from pgrant.client_secrets s group by s.tenant_id, s.client_id) k
    on k.tenant_id = c.tenant_id and k.client_id = c.client_id;

comment on view pgrant_rules.standing_clients is 'Clients, with what is kept of them; past expires_at they stand no more.';

-- A history more is a table (pgrant.remembered() in sql/tables) and a row here.
create function pgrant_rules.histories()
returns table (made text, history text, present text, given text[], each text[], kept text[], expires boolean, ends text, keeps text)
language sql immutable
as $$
  values
    ('tenant_remember', 'tenant_history', 'pgrant.tenants', '{}'::text[], '{}'::text[],
     '{enabled}'::text[], false, null, 'what a tenant is'),
    ('user_remember', 'user_history', 'pgrant.users', '{user_id}', '{}',
     '{username, enabled}', false, null, 'what a user is'),
    ('scope_remember', 'scope_history', 'pgrant.scopes', '{scope}', '{}',
     '{requires_role, enabled}', false, null, 'what a scope or role is'),
    ('resource_remember', 'resource_history', 'pgrant.resources', '{resource}', '{}',
     '{scopes, enabled}', false, null, 'what a resource is'),
    ('user_roles_remember', 'user_role_history', 'pgrant.user_roles', '{user_id}', '{scope, source}',
     '{}', false, null, 'which roles a person has directly'),
    ('group_members_remember', 'group_member_history', 'pgrant.group_members', '{user_id}', '{group_name, source}',
     '{}', false, null, 'which groups a person is in'),
    ('group_roles_remember', 'group_role_history', 'pgrant.group_roles', '{group_name}', '{scope}',
     '{}', false, null, 'which roles a group has'),
    ('grant_remember', 'grant_history', 'pgrant_rules.standing_grants', '{grant_id}', '{}',
     '{user_id, client_id, scopes, resources, authorization_details, consent_expires_at}', true, null, 'what a grant is'),
    ('client_remember', 'client_history', 'pgrant_rules.standing_clients', '{client_id}', '{}',
     '{name, maker_id, scopes, machine, secret_expires_at, enabled}', true, 'grant_history', 'what a client and its secrets are')
$$;

comment on function pgrant_rules.histories() is
  'The histories, and the functions that a release makes to keep them. present is the table or view of what stands now. The key is tenant_id, given (what the function is told) and each (the rest: a version for each row that is found); kept is what makes a version another one. enabled is disabled_at is null in present. expires: present has expires_at, past which a row stands no more. ends is a history whose versions end with a thing that is gone.';

-- Makes the functions: static SQL, whose plans are kept. Names are written as the list has them and not quoted, so that the rules in
-- test/security can read the bodies.
do $do$
declare
  v record;
begin
  for v in
    select l.*,
           array_to_string(array(select format(', p_%s %s', c, (select a.atttypid::regtype from pg_catalog.pg_attribute a
                                                                 where a.attrelid = ('pgrant.' || l.history)::regclass and a.attname = c))
                                   from unnest(l.given) c), '') as parameters,
           array_to_string(l.given || l.each || l.kept, ', ') as columns,
           array_to_string(array(select 's.' || c from unnest(l.given || l.each || l.kept) c), ', ') as found,
           format('%s s where s.tenant_id = p_tenant', l.present)
             || array_to_string(array(select format(' and s.%1$s = p_%1$s', c) from unnest(l.given) c), '') as present_rows,
           'h.tenant_id = p_tenant'
             || array_to_string(array(select format(' and h.%1$s = p_%1$s', c) from unnest(l.given) c), '') as versions,
           array_to_string(array(select format(E'\n           and h.%1$s = s.%1$s', c) from unnest(l.each) c), '') as same_row,
           array_to_string(array(select format(E'\n           and h.%1$s is not distinct from s.%1$s', c)
                                   from unnest(l.kept) c), '') as unchanged,
           case when l.expires then ' and s.expires_at > v_at' else '' end as stands
      from pgrant_rules.histories() l
  loop
    execute replace(format($function$
create function pgrant_rules.%s(p_tenant uuid%s, p_cause text%s) returns void
language plpgsql
as $body$
declare
  v_at timestamptz := %s;
begin
  update pgrant.%s h
     set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
   where %s
     and upper_inf(h.valid)
     and not exists (select from %s);
  insert into pgrant.%s (tenant_id, %s,
                         valid, cause, request_id)
  select p_tenant, %s,
         tstzrange(greatest(v_at, (select max(upper(h.valid)) from pgrant.%s h where %s)), null),
         p_cause, pgrant_rules.cause_request()
    from %s
     and not exists (select from pgrant.%s h where %s and upper_inf(h.valid));%s
end
$body$$function$,
      v.made, v.parameters, case when v.expires then ', p_expired_at timestamptz default null' end,
      case when v.expires then format(E'least(clock_timestamp(), p_expired_at,\n    (select s.expires_at from %s))', v.present_rows)
           else 'clock_timestamp()' end,
      v.history, v.versions, v.present_rows || v.stands || v.same_row || v.unchanged,
      v.history, v.columns, v.found, v.history, v.versions || v.same_row,
      v.present_rows || v.stands, v.history, v.versions || v.same_row,
      case when v.ends is not null then format($gone$
  if not exists (select from %s) then
    update pgrant.%s h
       set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
     where %s
       and upper_inf(h.valid);
  end if;$gone$, v.present_rows, v.ends, v.versions) end), 's.enabled', '(s.disabled_at is null)');
    execute format('comment on function pgrant_rules.%s is %L', v.made, concat(
      'Keeps ', v.keeps, ' from now on, where that is new. p_cause is the action, as in the audit.',
      case when v.expires then ' One that stands no more ends now, one that has expired ended when it did; '
                               || 'p_expired_at says when where the row is gone.' end,
      case when v.ends is not null then ' With one that is gone its versions in ' || v.ends || ' end.' end));
  end loop;
end
$do$;

create function pgrant_report.names_known(p_tenant_id uuid, p_username text, p_client_id text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  if p_username is not null
     and not exists (select u.user_id from pgrant.user_history u
                      where u.username_key = lower(p_username) and (p_tenant_id is null or u.tenant_id = p_tenant_id)) then
    raise exception 'there has been no user %', p_username using errcode = 'OA001',
      hint = 'of people who were removed no name is kept';
  elsif p_client_id is not null
     and not exists (select c.client_id from pgrant.client_history c
                      where c.client_id = p_client_id and (p_tenant_id is null or c.tenant_id = p_tenant_id)) then
    raise exception 'there has been no client %', p_client_id using errcode = 'OA001',
      hint = 'a client_id is written as it was registered';
  end if;
end
$$;

comment on function pgrant_report.names_known(uuid, text, text) is
  'Raises OA001 where there has been no such person or client, for an empty answer about somebody who does not exist would read as good news; null = nobody is named, p_tenant_id null = at any tenant.';
