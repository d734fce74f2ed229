-- Consent: what it covers, and how it becomes a code.

create function pgrant_rules.consent_covers(
  p_tenant uuid, p_user_id uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  p_scopes text[]
) returns boolean
language plpgsql
as $$
begin
  if p_client.consent in ('always', 'never') then
    return p_client.consent = 'never';
  elsif p_client.consent = 'assured' and p_client.token_endpoint_auth_method = 'none' and p_request.redirect_uri not like 'https:%' then
    -- RFC 8252 8.6: any program on the device can take what is sent to a loopback port or a private-use scheme.
    return false;
  end if;
  -- Locked, or the person could revoke it before the code is written, and the code would bring it back.
  perform from pgrant.grants g
    where g.tenant_id = p_tenant
      and g.user_id = p_user_id
      and g.client_id = p_client.client_id
      and g.revoked_at is null
      and g.consent_expires_at > now()
      and g.scopes @> p_scopes
      and g.claims @> (p_request.claims_id_token || p_request.claims_userinfo)
      and g.resources @> p_request.resources
      and (p_request.authorization_details = '[]'
           or pgrant_rules.details_remembered(p_tenant, p_request.authorization_details, g.authorization_details))
      -- What goes away, the person says.
      and (p_request.grant_management_action is distinct from 'replace'
           or g.scopes <@ p_scopes and g.claims <@ (p_request.claims_id_token || p_request.claims_userinfo)
              and g.resources <@ p_request.resources and g.authorization_details <@ p_request.authorization_details)
      -- What the person was shown then is not what the application is now.
      and not exists (select from pgrant.clients c
                       where c.tenant_id = p_tenant and c.client_id = p_client.client_id and c.identity_changed_at > g.consented_at)
      for no key update;
  return found;
end
$$;

comment on function pgrant_rules.consent_covers(uuid, uuid, pgrant_rules.client_policies, pgrant.authorization_requests, text[]) is
  'Whether the person need not be asked: a first-party client, or a live consent, to the client as it is now, of which the request is a subset; locked.';

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
  p_tenant uuid, p_user_id uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  p_scopes text[], p_consented boolean
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
    -- A remembered consent is used as it is: neither widened nor made to live longer.
    if found and not p_consented and p_client.consent <> 'never' then
      return v_old.grant_id;
    elsif v_old.expires_at <= v_now then
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

comment on function pgrant_rules.grant_consent(uuid, uuid, pgrant_rules.client_policies, pgrant.authorization_requests, text[], boolean) is
  'The live grant of person and client, locked: made or widened to the union where the person has just consented, or made to say that and no more where the request replaces it. Records grants that are new or have changed.';

create function pgrant_rules.acr_told(p_request pgrant.authorization_requests, p_session pgrant.sessions) returns text
language plpgsql stable
as $$
declare
  v_asked text[] := case when p_request.essential_acr <> '{}' then p_request.essential_acr else p_request.acr_values end;
begin
  return coalesce((select a.acr
                     from unnest(v_asked) with ordinality a (acr, n)
                    where a.acr = any (pgrant_rules.acr_reached(p_request.tenant_id, p_session.acr))
                    order by a.n
                    limit 1), p_session.acr);
end
$$;

comment on function pgrant_rules.acr_told(pgrant.authorization_requests, pgrant.sessions) is
  'The acr that the client is told: of those that it asks for the first that the sign-in has reached (OpenID Connect Core 5.5.1.1), else the one of the sign-in.';

create function pgrant_rules.code_issue(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  p_session pgrant.sessions, p_scopes text[], p_consented boolean, p_code_hash bytea
) returns bigint
language plpgsql
as $$
declare
  v_grant_id uuid;
  v_expires_at timestamptz := coalesce(p_request.device_expires_at, pgrant_rules.after(p_client.code_lifetime));
  -- No browser may redeem the code of a device: it is kept under another hash, of which nobody has the text.
  v_code_hash bytea := coalesce(sha256(p_request.device_hash), p_code_hash);
begin
  v_grant_id := pgrant_rules.grant_consent(p_tenant, p_session.user_id, p_client, p_request, p_scopes, p_consented);
  perform pgrant_rules.subject_remember(p_tenant, p_client, p_session.user_id);
  insert into pgrant.codes (tenant_id, code_hash, expires_at, client_id, user_id, grant_id, session_id, redirect_uri,
                            redirect_uri_sent, code_challenge, scopes, claims_id_token, claims_userinfo, nonce,
                            auth_time, acr, amr, resources, authorization_details, dpop_jkt, grant_management_action)
  values (p_tenant, v_code_hash, v_expires_at, p_client.client_id, p_session.user_id, v_grant_id, p_session.session_id,
          p_request.redirect_uri, p_request.redirect_uri_sent, p_request.code_challenge, p_scopes,
          p_request.claims_id_token, p_request.claims_userinfo, p_request.nonce,
          p_session.auth_time, pgrant_rules.acr_told(p_request, p_session), p_session.amr, p_request.resources,
          p_request.authorization_details, p_request.dpop_jkt, p_request.grant_management_action)
      -- Two people may type the same user code: the first to decide has decided.
      on conflict (tenant_id, code_hash, expires_at) do nothing;
  if not found then
    return null;
  end if;
  perform pgrant_rules.audit(p_tenant, case when p_consented then 'consent.allow' else 'consent.remember' end, null, null,
                             p_client.client_id, p_session.user_id, v_grant_id,
                             p_detail => jsonb_build_object('scopes', to_jsonb(p_scopes))
                               || pgrant_rules.details_noted(p_request.authorization_details));
  return pgrant_rules.epoch(v_expires_at);
end
$$;

comment on function pgrant_rules.code_issue(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, pgrant.sessions, text[], boolean, bytea) is
  'Turns a request into a code: records the consent and stores the code. Returns the expiry of the code; null where another person has allowed the device meanwhile.';
