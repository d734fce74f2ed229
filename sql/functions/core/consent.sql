-- Consent: what it covers, and how it becomes a code.

create function pgrant_rules.grants_lock(p_tenant uuid, p_user_ids uuid[], p_client_ids text[]) returns pgrant.grants[]
language plpgsql
as $$
declare
  v_grants pgrant.grants[];
  v_grant pgrant.grants;
  v_found text[];
  v_out pgrant.grants[];
begin
  if coalesce(array_remove(p_user_ids, null), '{}') = '{}' then
    return null;
  end if;
  v_grants := array(select g from pgrant.grants g
                     where g.tenant_id = p_tenant and g.user_id = any (p_user_ids) and g.client_id = any (p_client_ids)
                       and g.revoked_at is null
                     order by g.grant_id
                       for no key update);
  for i in 1 .. cardinality(v_grants) loop
    v_grant := v_grants[i];
    v_found[i] := v_grant.user_id || ' ' || v_grant.client_id;
  end loop;
  for i in 1 .. cardinality(p_client_ids) loop
    v_out[i] := v_grants[array_position(v_found, p_user_ids[i] || ' ' || p_client_ids[i])];
  end loop;
  return v_out;
end
$$;

comment on function pgrant_rules.grants_lock(uuid, uuid[], text[]) is
  'The live grant of each person and client, null where there is none, locked in the order in which everybody does. To be called before the client is read: then what a consent was given to and what the client is are compared as they are once nobody else changes the grant, and nobody revokes it before the code is written.';

create function pgrant_rules.consent_covers(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests, p_grant pgrant.grants, p_scopes text[]
) returns boolean
language plpgsql
as $$
declare
  v_claims constant text[] := p_request.claims_id_token || p_request.claims_userinfo;
begin
  if p_client.consent in ('always', 'never') then
    return p_client.consent = 'never';
  elsif p_client.consent = 'assured' and p_client.token_endpoint_auth_method = 'none' and p_request.redirect_uri not like 'https:%' then
    -- RFC 8252 8.6: any program on the device can take what is sent to a loopback port or a private-use scheme.
    return false;
  end if;
  return coalesce(
    p_grant.consent_expires_at > now()
    and p_grant.scopes @> p_scopes and p_grant.claims @> v_claims and p_grant.resources @> p_request.resources
    and (p_request.authorization_details = '[]'
         or pgrant_rules.details_remembered(p_tenant, p_request.authorization_details, p_grant.authorization_details))
    -- What goes away, the person says.
    and (p_request.grant_management_action is distinct from 'replace'
         or p_grant.scopes <@ p_scopes and p_grant.claims <@ v_claims
            and p_grant.resources <@ p_request.resources and p_grant.authorization_details <@ p_request.authorization_details)
    -- What the person was shown then is not what the application is now.
    and not coalesce(p_client.identity_changed_at > p_grant.consented_at, false), false);
end
$$;

comment on function pgrant_rules.consent_covers(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.grants, text[]) is
  'Whether the person need not be asked: a first-party client, or a live consent, to the client as it is now, of which the request is a subset. p_grant is of grants_lock.';

create function pgrant_rules.scopes_chosen(p_tenant uuid, p_user_id uuid, p_client_id text, p_chosen text[], p_asked text[])
returns text[]
language plpgsql stable
as $$
declare
  v_granted text[];
begin
  if p_chosen is null then
    return p_asked;
  end if;
  select g.scopes into v_granted
    from pgrant.grants g
   where g.tenant_id = p_tenant and g.user_id = p_user_id and g.client_id = p_client_id and g.revoked_at is null;
  return pgrant_rules.scopes_common(p_asked, p_chosen || v_granted || 'openid'::text);
end
$$;

comment on function pgrant_rules.scopes_chosen(uuid, uuid, text, text[], text[]) is
  'What a person allows of p_asked: those of p_chosen, what they allowed before and take back elsewhere, and openid, without which nobody would have signed in; all where p_chosen is null.';

create function pgrant_rules.grant_union(p_before text[], p_more text[]) returns text[]
language sql immutable
as $$ select coalesce(array_agg(distinct u.name order by u.name), '{}') from unnest(p_before || p_more) u (name) $$;

comment on function pgrant_rules.grant_union(text[], text[]) is 'What a grant has with p_more besides, in order; p_before null = in place of what it had.';

create function pgrant_rules.grant_consent(
  p_tenant uuid, p_user_id uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests, p_scopes text[]
) returns uuid
language plpgsql
as $$
declare
  v_old pgrant.grants;
  v_new pgrant.grants;
  v_claims text[] := p_request.claims_id_token || p_request.claims_userinfo;
  v_expiry timestamptz := pgrant_rules.consent_expiry(p_client.consent_lifetime);
  v_now timestamptz := now();
  v_consented_at timestamptz;
  v_replaced boolean := coalesce(p_request.grant_management_action = 'replace', false);
begin
  loop
    select g.* into v_old
      from pgrant.grants g
     where g.tenant_id = p_tenant and g.user_id = p_user_id and g.client_id = p_client.client_id and g.revoked_at is null
       for no key update;
    if v_old.expires_at <= v_now then
      perform pgrant_rules.grant_remember(p_tenant, v_old.grant_id, 'grant.expire');
    end if;
    -- Not when the transaction began: a change of the client for which it had to wait is from before.
    v_consented_at := clock_timestamp();
    if v_old.grant_id is not null then
      -- Computed here, for Citus wants no sub-select where it sets a column.
      v_new := v_old;
      v_new.scopes := pgrant_rules.grant_union(case when not v_replaced then v_old.scopes end, p_scopes);
      v_new.claims := pgrant_rules.grant_union(case when not v_replaced then v_old.claims end, v_claims);
      v_new.resources := pgrant_rules.grant_union(case when not v_replaced then v_old.resources end, p_request.resources);
      if v_replaced then
        v_new.authorization_details := p_request.authorization_details;
      elsif p_request.authorization_details <> '[]' then
        v_new.authorization_details := pgrant_rules.details_merged(p_tenant, v_old, p_request.authorization_details);
      end if;
      update pgrant.grants g
         set scopes = v_new.scopes, claims = v_new.claims, resources = v_new.resources,
             authorization_details = v_new.authorization_details, consented_at = v_consented_at, consent_expires_at = v_expiry,
             -- The page has shown all of it, whoever vouched for some of it before.
             expires_at = greatest(g.expires_at, v_expiry), assertion_issuer = null
       where g.tenant_id = p_tenant and g.grant_id = v_old.grant_id;
      exit;
    end if;
    insert into pgrant.grants as g (tenant_id, user_id, client_id, scopes, claims, resources, authorization_details, consented_at,
                                    consent_expires_at, expires_at)
    values (p_tenant, p_user_id, p_client.client_id, p_scopes, v_claims, p_request.resources, p_request.authorization_details,
            v_consented_at, v_expiry, v_expiry)
        on conflict (tenant_id, user_id, client_id) where revoked_at is null do nothing
    returning g.* into v_new;
    -- Else somebody was first, and it is there now.
    exit when found;
  end loop;
  perform pgrant_rules.grant_remember(p_tenant, v_new.grant_id, 'consent.allow');
  if v_replaced then
    perform pgrant_rules.grant_replaced(p_tenant, v_old, v_new);
  elsif v_new.created_at = v_now or (v_new.scopes <@ v_old.scopes and v_new.claims <@ v_old.claims
                                  and v_new.resources <@ v_old.resources
                                  and v_new.authorization_details <@ v_old.authorization_details) is not true then
    perform pgrant_rules.audit(p_tenant, case when v_new.created_at = v_now then 'grant.add' else 'grant.extend' end, null, null,
                               p_client.client_id, p_user_id, v_new.grant_id,
                               p_detail => jsonb_build_object('scopes', v_new.scopes, 'resources', v_new.resources)
                                 || pgrant_rules.details_noted(v_new.authorization_details));
  end if;
  return v_new.grant_id;
end
$$;

comment on function pgrant_rules.grant_consent(uuid, uuid, pgrant_rules.client_policies, pgrant.authorization_requests, text[]) is
  'The live grant of person and client, locked: made or widened to the union of what it was and p_scopes, or made to say that and no more where the request replaces it. Records grants that are new or have changed.';
