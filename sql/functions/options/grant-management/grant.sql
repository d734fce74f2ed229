-- Grant Management for OAuth 2.0: an authorization request names a grant, and says what becomes of it.

create or replace function pgrant_rules.grant_owner(p_tenant uuid, p_client_id text, p_grant_id uuid) returns uuid
language plpgsql stable
as $$
begin
  if p_grant_id is null then
    return null;
  end if;
  return (select g.user_id
            from pgrant.grants g
           where g.tenant_id = p_tenant and g.grant_id = p_grant_id and g.client_id = p_client_id
             and g.revoked_at is null and g.expires_at > now());
end
$$;

comment on function pgrant_rules.grant_owner(uuid, text, uuid) is
  'Who has given the client this grant; null for one that is unknown, another client''s, revoked or over: nobody can tell which.';

create or replace function pgrant_rules.grant_action_refusal(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  out error pgrant_api.error, out reason text, out detail text
)
language plpgsql
as $$
declare
  v_owner uuid;
begin
  if p_request.grant_management_action is null then
    if p_client.grant_management_action_required then
      error := 'invalid_request';
      reason := 'grant_management_action missing';
      detail := 'grant_management_action is required';
    end if;
  elsif not p_client.grant_management then
    error := 'unauthorized_client';
    reason := 'the client may not manage grants';
    detail := reason;
  elsif p_request.grant_id is not null then
    v_owner := pgrant_rules.grant_owner(p_tenant, p_client.client_id, p_request.grant_id);
    if v_owner is null or v_owner::text <> p_request.hint_sub then
      error := 'invalid_grant_id';
      reason := 'grant unknown, revoked, or not of this client, or of another person than the hint names';
    end if;
  end if;
end
$$;

comment on function pgrant_rules.grant_action_refusal(uuid, pgrant_rules.client_policies, pgrant.authorization_requests) is
  'Why a request may not do with a grant what it says (Grant Management 5.4), or nulls.';

create or replace function pgrant_rules.grant_gone(
  p_tenant uuid, p_request pgrant.authorization_requests, p_user_id uuid
) returns boolean
language plpgsql
as $$
begin
  if p_request.grant_id is null then
    return false;
  end if;
  -- Locked, so that it is there until the code is written.
  perform from pgrant.grants g
    where g.tenant_id = p_tenant and g.grant_id = p_request.grant_id and g.client_id = p_request.client_id and g.user_id = p_user_id
      and g.revoked_at is null and g.expires_at > now()
      for no key update;
  return not found;
end
$$;

comment on function pgrant_rules.grant_gone(uuid, pgrant.authorization_requests, uuid) is
  'Whether the grant that a request names is not this person''s live one any more; else it is locked.';

create or replace function pgrant_rules.grant_lost(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests, p_user_id uuid
) returns jsonb
language plpgsql
as $$
declare
  v_grant pgrant.grants;
  v_scopes text[];
begin
  if p_request.grant_management_action is distinct from 'replace' then
    return null;
  end if;
  select g.* into v_grant
    from pgrant.grants g
   where g.tenant_id = p_tenant and g.grant_id = p_request.grant_id and g.user_id = p_user_id and g.revoked_at is null;
  v_scopes := (pgrant_rules.scope_narrow(p_tenant, p_user_id, p_client.scopes, p_request.scopes, null)).scopes;
  return jsonb_build_object(
    'scopes', (
      select coalesce(jsonb_agg(jsonb_build_object('scope', s.scope, 'title', s.title, 'description', s.description,
                                                   'texts', pgrant_rules.scope_texts(p_tenant, s.scope)) order by s.scope), '[]')
        from pgrant.scopes s
       where s.tenant_id = p_tenant and s.scope = any (v_grant.scopes) and not s.scope = any (v_scopes)),
    'resources', (
      select coalesce(jsonb_agg(jsonb_build_object('resource', r.resource, 'title', r.title) order by r.title), '[]')
        from pgrant.resources r
       where r.tenant_id = p_tenant and r.resource = any (v_grant.resources) and not r.resource = any (p_request.resources)),
    'authorization_details', pgrant_rules.details_shown(p_tenant, (
      select coalesce(jsonb_agg(d.detail order by d.n), '[]')
        from jsonb_array_elements(v_grant.authorization_details) with ordinality d (detail, n)
       where not p_request.authorization_details @> jsonb_build_array(d.detail))),
    'claims', to_jsonb(array(select c.claim from unnest(v_grant.claims) c (claim)
                              where not c.claim = any (p_request.claims_id_token || p_request.claims_userinfo) order by c.claim)));
end
$$;

comment on function pgrant_rules.grant_lost(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, uuid) is
  'What the person has allowed and would not any more, in words for the consent page; null where the request replaces no grant.';

create or replace function pgrant_rules.grant_replaced(p_tenant uuid, p_old pgrant.grants, p_new pgrant.grants) returns void
language plpgsql
as $$
begin
  if p_old.scopes <@ p_new.scopes and p_new.scopes <@ p_old.scopes and p_old.claims <@ p_new.claims and p_new.claims <@ p_old.claims
     and p_old.resources <@ p_new.resources and p_new.resources <@ p_old.resources
     and p_old.authorization_details = p_new.authorization_details then
    return;
  end if;
  -- Scopes and details of live tokens are those of the grant, whenever they are used; what families hold besides goes here.
  perform from pgrant.token_families f
    where f.tenant_id = p_tenant and f.grant_id = p_new.grant_id and f.revoked_at is null
    order by f.family_id
      for update;
  perform pgrant_rules.families_revoke(
    p_tenant, array(select f.family_id from pgrant.token_families f
                     where f.tenant_id = p_tenant and f.grant_id = p_new.grant_id and not f.resources <@ p_new.resources),
    'resource no longer granted');
  update pgrant.token_families f
     set claims_id_token = array(select c.claim from unnest(f.claims_id_token) c (claim) where c.claim = any (p_new.claims)),
         claims_userinfo = array(select c.claim from unnest(f.claims_userinfo) c (claim) where c.claim = any (p_new.claims))
   where f.tenant_id = p_tenant and f.grant_id = p_new.grant_id and f.revoked_at is null
     and not (f.claims_id_token || f.claims_userinfo) <@ p_new.claims;
  perform pgrant_rules.audit(p_tenant, 'grant.replace', null, null, p_new.client_id, p_new.user_id, p_new.grant_id,
                             p_detail => jsonb_build_object('scopes', p_new.scopes, 'resources', p_new.resources)
                               || pgrant_rules.details_noted(p_new.authorization_details)
                               || jsonb_build_object('replaced', jsonb_build_object('scopes', p_old.scopes, 'resources', p_old.resources)
                                                       || pgrant_rules.details_noted(p_old.authorization_details)));
end
$$;

comment on function pgrant_rules.grant_replaced(uuid, pgrant.grants, pgrant.grants) is
  'Narrows what is live to a grant that says something else now, and records that: tokens lose scopes, authorization details and claims, and a family for a resource that is no longer granted ends.';

create or replace function pgrant_rules.grants_changed(p_tenant uuid, p_decisions pgrant_rules.token_decision[]) returns void
language plpgsql
as $$
declare
  v_grants uuid[] := array(select d.grant_id from unnest(p_decisions) d
                            where d.error is null and d.grant_management_action in ('merge', 'replace'));
  v_kept uuid[];
  v_families uuid[];
begin
  if v_grants = '{}' then
    return;
  end if;
  -- Of codes that come at once, a later one ends what an earlier one gives, as if it had come afterwards.
  v_kept := array(
    select d.family_id
      from unnest(p_decisions) d
     where d.error is null
       and not exists (select from unnest(p_decisions) l
                        where l.error is null and l.grant_id = d.grant_id and l.n > d.n
                          and l.grant_management_action in ('merge', 'replace')));
  v_families := array(
    select f.family_id
      from pgrant.token_families f
     where f.tenant_id = p_tenant and f.grant_id = any (v_grants) and f.handle_hash is not null
       and not f.family_id = any (v_kept)
     order by f.family_id
       for update);
  -- Not before the client has others in their place: a code that is lost on its way has cost nothing.
  update pgrant.token_families f
     set handle_hash = null, current_hash = null, previous_hash = null, successor_salt = null, replay_until = null
   where f.tenant_id = p_tenant and f.family_id = any (v_families);
end
$$;

comment on function pgrant_rules.grants_changed(uuid, pgrant_rules.token_decision[]) is
  'Ends the refresh tokens that a grant had before it was merged or replaced (Grant Management 5.2), where the code of that is redeemed, those of codes before it in the set too. Access tokens live on, for what the grant says now.';
