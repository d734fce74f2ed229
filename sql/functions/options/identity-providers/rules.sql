-- Private rules of upstream login: which upstream, whose account, which groups.

create function pgrant_rules.upstream_live(p_tenant uuid, p_name text) returns pgrant.upstreams
language plpgsql
as $$
declare
  v_upstream pgrant.upstreams;
begin
  select u.* into v_upstream
    from pgrant.upstreams u
   where u.tenant_id = p_tenant and u.name = p_name and u.disabled_at is null;
  return v_upstream;
end
$$;

comment on function pgrant_rules.upstream_live(uuid, text) is 'The upstream of this name that is not disabled, or null.';

create function pgrant_rules.upstream_hold(p_tenant uuid, p_name text) returns pgrant.upstreams
language plpgsql
as $$
declare
  v_upstream pgrant.upstreams;
begin
  select u.* into v_upstream
    from pgrant.upstreams u
   where u.tenant_id = p_tenant and u.name = p_name and u.disabled_at is null
     for share;
  return v_upstream;
end
$$;

comment on function pgrant_rules.upstream_hold(uuid, text) is
  'As upstream_live, and it stays so until the transaction ends: whoever disables, changes or removes it waits, and takes away what was given by it. To be called before its sign-ins and accounts are locked.';

create function pgrant_rules.upstream_account_hold(p_tenant uuid, p_name text, p_subject text) returns void
language plpgsql
as $$ begin perform pg_advisory_xact_lock(hashtextextended(p_tenant || ' ' || p_name || ' ' || p_subject, 0)); end $$;

comment on function pgrant_rules.upstream_account_hold(uuid, text, text) is
  'Has whoever signs in with an account of an upstream, or links it, wait for one another: each would make it somebody else''s.';

create or replace function pgrant_rules.upstream_choices(p_tenant uuid, p_user_id uuid) returns jsonb
language plpgsql
as $$
declare
  v_choices jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object('name', u.name, 'title', u.title, 'linked', a.subject is not null)
                            order by u.title, u.name), '[]')
    into v_choices
    from pgrant.upstreams u
    left join pgrant.upstream_accounts a on a.tenant_id = p_tenant and a.upstream = u.name and a.user_id = p_user_id
   where u.tenant_id = p_tenant and u.disabled_at is null;
  return v_choices;
end
$$;

comment on function pgrant_rules.upstream_choices(uuid, uuid) is
  'What pages offer: [{name, title, linked: whether the person has an account there}].';

create function pgrant_rules.upstream_member(p_tenant uuid, p_name text, p_user_id uuid, p_group text, p_member boolean) returns void
language plpgsql
as $$
begin
  -- Where an operator or another upstream says so, too, nothing has changed.
  if not exists (select from pgrant.group_members m
                  where m.tenant_id = p_tenant and m.user_id = p_user_id and m.group_name = p_group and m.source <> p_name) then
    perform pgrant_rules.audit(p_tenant, 'group.member', null, 'by an upstream', null, p_user_id,
      p_detail => jsonb_build_object('group', p_group, 'member', p_member, 'upstream', p_name));
  end if;
end
$$;

comment on function pgrant_rules.upstream_member(uuid, text, uuid, text, boolean) is
  'Records that a person joined or left a group by what an upstream says, as what an operator does is recorded: receivers of events hear of both.';

create function pgrant_rules.upstream_leave(
  p_tenant uuid, p_name text, p_user_id uuid, p_cause text, p_stay text[] default '{}'
) returns void
language plpgsql
as $$
declare
  v_held constant text[] := pgrant_rules.roles_held(p_tenant, p_user_id);
  v_group text;
begin
  for v_group in
    delete from pgrant.group_members m
     where m.tenant_id = p_tenant and m.user_id = p_user_id and m.source = p_name and not m.group_name = any (p_stay)
    returning m.group_name
  loop
    perform pgrant_rules.upstream_member(p_tenant, p_name, p_user_id, v_group, false);
  end loop;
  perform pgrant_rules.group_members_remember(p_tenant, p_user_id, p_cause);
  perform pgrant_rules.roles_lost(p_tenant, p_user_id, v_held);
end
$$;

comment on function pgrant_rules.upstream_leave(uuid, text, uuid, text, text[]) is
  'Takes away the groups that a person has from an upstream, but those of p_stay.';

create function pgrant_rules.upstream_memberships(
  p_tenant uuid, p_upstream pgrant.upstreams, p_user_id uuid, p_roles text[]
) returns void
language plpgsql
as $$
declare
  v_groups text[];
  v_joined text[];
begin
  select coalesce(array_agg(distinct g.group_name), '{}')
    into v_groups
    from unnest(p_roles) r (role)
    join jsonb_each_text(coalesce(p_upstream.settings -> 'role_groups', '{}')) m on m.key = r.role
    join pgrant.groups g on g.tenant_id = p_tenant and g.group_name = m.value;
  v_joined := array(
    select g.name from unnest(v_groups) g (name)
    except
    select m.group_name from pgrant.group_members m
     where m.tenant_id = p_tenant and m.user_id = p_user_id and m.source = p_upstream.name);
  insert into pgrant.group_members (tenant_id, group_name, user_id, source)
  select p_tenant, g.name, p_user_id, p_upstream.name from unnest(v_joined) g (name)
      on conflict do nothing;
  for i in 1 .. cardinality(v_joined) loop
    perform pgrant_rules.upstream_member(p_tenant, p_upstream.name, p_user_id, v_joined[i], true);
  end loop;
  perform pgrant_rules.group_members_remember(p_tenant, p_user_id, 'upstream.record');
  -- After those that are new: a role that both groups bring is not lost meanwhile.
  perform pgrant_rules.upstream_leave(p_tenant, p_upstream.name, p_user_id, 'upstream.record', v_groups);
end
$$;

comment on function pgrant_rules.upstream_memberships(uuid, pgrant.upstreams, uuid, text[]) is
  'Makes the groups that a person has from an upstream those of p_roles by its role_groups. Groups from elsewhere stay.';

create function pgrant_rules.claims_sound(p_claims jsonb) returns jsonb
language sql immutable
as $$
  select coalesce(jsonb_object_agg(c.key, s.value), '{}')
    from jsonb_each(p_claims) c
   cross join lateral (select case when c.key like '%\_verified' and c.value in ('"true"', '"false"')
                                   then to_jsonb(c.value = '"true"') else c.value end as value) s
   where pgrant.claims_fault(jsonb_build_object(c.key, s.value)) is null
$$;

comment on function pgrant_rules.claims_sound(jsonb) is
  'What can be kept of claims that somebody else makes: without those of another type than OpenID Connect Core 5.1 gives them; "true" is true.';

create function pgrant_rules.upstream_record(
  p_tenant uuid, p_upstream pgrant.upstreams, p_subject text, p_present boolean, p_profile jsonb, p_claims jsonb,
  p_roles text[], p_sealed_tokens bytea, p_checkable boolean
) returns void
language plpgsql
as $$
declare
  v_at constant timestamptz := now();
  v_next constant timestamptz := now() + make_interval(secs => p_upstream.recheck_interval);
  v_user_id uuid;
  v_roles text[] := case when p_present then p_roles else '{}' end;
  -- Some upstreams give a refresh token the first time only.
  v_keep boolean := p_present and p_sealed_tokens is null and not p_checkable;
  v_profile jsonb := pgrant_rules.claims_sound(p_profile);
  v_claims jsonb := pgrant_rules.claims_sound(p_claims) || jsonb_build_object('roles', to_jsonb(v_roles));
begin
  if p_upstream.settings ? 'subteams' then
    select v_claims || jsonb_build_object('subteams', coalesce(jsonb_agg(m.value order by m.value), '[]')) into v_claims
      from jsonb_each_text(p_upstream.settings -> 'subteams') m
     where m.key = any (v_roles);
  end if;
  update pgrant.upstream_accounts a
     set profile = case when a.made_user then v_profile else '{}' end,
         claims = v_claims,
         sealed_tokens = case when v_keep then a.sealed_tokens else p_sealed_tokens end,
         checked_at = now(),
         check_after = case when (p_checkable or v_keep and a.sealed_tokens is not null) and p_upstream.recheck_interval > 0
                            then v_next else 'infinity' end,
         lost_at = case when not p_present then coalesce(a.lost_at, v_at) end,
         last_error = null
   where a.tenant_id = p_tenant and a.upstream = p_upstream.name and a.subject = p_subject
  returning a.user_id into v_user_id;
  perform pgrant_rules.upstream_memberships(p_tenant, p_upstream, v_user_id, v_roles);
end
$$;

comment on function pgrant_rules.upstream_record(uuid, pgrant.upstreams, text, boolean, jsonb, jsonb, text[], bytea, boolean) is
  'Takes over what an upstream says of a person now: claims, tokens for the next check, and groups. p_present false = it no longer vouches for them, and every group from it goes.';

create function pgrant_rules.upstream_user_add(p_tenant uuid, p_upstream text, p_subject text, p_username text) returns uuid
language plpgsql
as $$
declare
  v_user_id uuid;
  v_username text := left(pgrant.name_normal(p_username), 150);
  v_names text[] := array[v_username, v_username || '@' || p_upstream, p_upstream || ':' || left(p_subject, 150),
                          p_upstream || ':' || encode(sha256(convert_to(p_subject, 'utf8')), 'hex')];
  v_name text;
begin
  -- A username that is taken is another person's: it is never what two accounts are matched by.
  foreach v_name in array v_names loop
    -- Dots alone are a step in a path (RFC 3986 5.2.4): no page and no URL of the admin API could name them.
    continue when pgrant.name_sound(v_name) is not true or v_name in ('.', '..');
    insert into pgrant.users (tenant_id, username)
    values (p_tenant, v_name)
        on conflict do nothing
    returning user_id into v_user_id;
    exit when v_user_id is not null;
  end loop;
  perform pgrant_rules.user_remember(p_tenant, v_user_id, 'user.add');
  return v_user_id;
end
$$;

comment on function pgrant_rules.upstream_user_add(uuid, text, text, text) is
  'Adds the user of an upstream account, by its username there unless that is taken, hides what it is, or is dots that no URL can name; null where no name is free.';

create or replace function pgrant_rules.upstream_claims(p_tenant uuid, p_user_id uuid, out profile jsonb, out claims jsonb)
language plpgsql stable
as $$
begin
  select coalesce(jsonb_object_agg(c.key, c.value order by a.created_at) filter (where c.of_profile), '{}'),
         coalesce(jsonb_object_agg(c.key, c.value order by a.created_at) filter (where not c.of_profile), '{}')
    into profile, claims
    from pgrant.upstream_accounts a
    join pgrant.upstreams u on u.tenant_id = p_tenant and u.name = a.upstream
   cross join lateral (select p.key, p.value, true as of_profile from jsonb_each(a.profile) p
                       union all
                       select o.key, o.value, false from jsonb_each(a.claims) o where u.disabled_at is null) c
   where a.tenant_id = p_tenant
     and a.user_id = p_user_id
     and c.value <> 'null';
end
$$;

comment on function pgrant_rules.upstream_claims(uuid, uuid) is
  'What the upstream accounts of a person say: standard claims of the one that made the user, and other claims of all.';
