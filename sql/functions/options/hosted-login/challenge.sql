-- The product's own login: the question that a browser takes there, and what the product is told of it.

create type pgrant_api.login_request as (
  error            pgrant_api.error,
  reason           text,
  client_id        text,
  client_name      text,
  scopes           text[],
  login_hint       text,
  prompt           text[],
  max_age          integer,
  acr_values       text[],
  subject          text,
  auth_time_after  bigint,
  expires_at       bigint
);

comment on type pgrant_api.login_request is 'What a product''s own login page is told: who asks, and for what kind of sign-in.';
comment on column pgrant_api.login_request.subject is 'The only person who will do (id_token_hint), as the product calls them; null = anybody.';
comment on column pgrant_api.login_request.auth_time_after is 'Epoch seconds: an earlier sign-in does not satisfy prompt or max_age; null = any will do.';
comment on column pgrant_api.login_request.expires_at is 'Epoch seconds: until when the challenge can be answered.';
comment on column pgrant_api.login_request.login_hint is 'As the client sent it; null where it sent none.';
comment on column pgrant_api.login_request.max_age is 'Seconds; null = the client does not say.';

create type pgrant_api.login_answer as (
  error        pgrant_api.error,
  reason       text,
  detail       text,
  redirect_to  text,
  user_id      uuid
);

comment on type pgrant_api.login_answer is 'What becomes of the product''s answer to a login challenge.';
comment on column pgrant_api.login_answer.detail is 'What the product may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.login_answer.redirect_to is 'Where the product sends the browser, with the parameter login_verifier.';
comment on column pgrant_api.login_answer.user_id is 'The sub of the person''s tokens; null where the login was rejected.';

create or replace function pgrant_rules.challenge_issue(
  p_tenant uuid, p_request pgrant.authorization_requests, p_challenge_hash bytea
) returns text
language plpgsql
as $$
declare
  v_login_url text;
begin
  select t.login_url into v_login_url from pgrant.tenants t where t.tenant_id = p_tenant;
  if v_login_url is not null then
    insert into pgrant.login_challenges (tenant_id, challenge_hash, expires_at, request_hash, browser_hash)
    values (p_tenant, p_challenge_hash, p_request.expires_at, p_request.request_hash, p_request.browser_hash);
  end if;
  return v_login_url;
end
$$;

comment on function pgrant_rules.challenge_issue(uuid, pgrant.authorization_requests, bytea) is
  'Stores a challenge for a request of which login is due, and returns the product''s login page; null where the tenant has none.';

create function pgrant_rules.challenge_find(p_tenant uuid, p_challenge_hash bytea) returns pgrant.login_challenges
language plpgsql
as $$
declare
  v_challenge pgrant.login_challenges;
begin
  select c.* into v_challenge
    from pgrant.login_challenges c
   where c.tenant_id = p_tenant
     and c.challenge_hash = p_challenge_hash
     and c.expires_at > now()
     and c.answered_at is null
     and exists (select from pgrant.tenants t where t.tenant_id = p_tenant and t.disabled_at is null)
     and exists (select from pgrant.authorization_requests r
                  where r.tenant_id = p_tenant
                    and r.request_hash = c.request_hash
                    and r.expires_at = c.expires_at
                    and r.completed_at is null)
     for update of c;
  return v_challenge;
end
$$;

comment on function pgrant_rules.challenge_find(uuid, bytea) is
  'The challenge that may still be answered, locked, or null: unknown, of another tenant, expired, answered, or its request was.';

create function pgrant_rules.challenge_request(p_tenant uuid, p_challenge pgrant.login_challenges)
returns pgrant.authorization_requests
language plpgsql
as $$
declare
  v_request pgrant.authorization_requests;
begin
  select r.* into v_request
    from pgrant.authorization_requests r
   where r.tenant_id = p_tenant and r.request_hash = p_challenge.request_hash and r.expires_at = p_challenge.expires_at;
  return v_request;
end
$$;

comment on function pgrant_rules.challenge_request(uuid, pgrant.login_challenges) is 'The authorization request of a challenge.';

create function pgrant_rules.challenge_refuse(
  p_tenant uuid, p_action text, p_reason text default 'login challenge unknown, expired or answered, or its request was'
) returns pgrant_api.login_answer
language plpgsql
as $$
declare
  v_out pgrant_api.login_answer;
begin
  v_out.reason := p_reason;
  v_out.error := pgrant_rules.audit(p_tenant, p_action, 'expired_request', v_out.reason, null);
  return v_out;
end
$$;

comment on function pgrant_rules.challenge_refuse(uuid, text, text) is
  'The one answer for every challenge that is not good, whatever is wrong with it; recorded.';

create function pgrant_rules.assertion_use(p_tenant uuid, p_jti_hash bytea, p_expires_at bigint) returns boolean
language plpgsql
as $$
begin
  if pgrant.tenant() is null then
    return false;
  end if;
  -- One after the other under each jti: the key holds the expiry too, so it alone would let a second one in.
  perform pg_advisory_xact_lock(hashtextextended(p_tenant || ' jti ' || encode(p_jti_hash, 'hex'), 0));
  if exists (select from pgrant.login_assertions a
              where a.tenant_id = p_tenant and a.jti_hash = p_jti_hash and a.expires_at > now()) then
    return false;
  end if;
  -- Another with the same jti may be good for a minute from now, whatever the expiry of this one; and a minute
  -- more, because the web process's clock may be behind.
  insert into pgrant.login_assertions (tenant_id, jti_hash, expires_at)
  values (p_tenant, p_jti_hash, greatest(pgrant_rules.moment(p_expires_at), now() + interval '1 minute') + interval '1 minute');
  return true;
end
$$;

comment on function pgrant_rules.assertion_use(uuid, bytea, bigint) is 'Whether a signed answer is used for the first time; it is not, from then on, nor at a tenant that is disabled.';

create function pgrant_rules.challenge_show(p_tenant uuid, p_challenge_hash bytea) returns pgrant_api.login_request
language plpgsql
as $$
declare
  v_out pgrant_api.login_request;
  v_refused pgrant_api.login_answer;
  v_challenge pgrant.login_challenges;
  v_request pgrant.authorization_requests;
begin
  v_challenge := pgrant_rules.challenge_find(p_tenant, p_challenge_hash);
  if v_challenge.challenge_hash is null then
    v_refused := pgrant_rules.challenge_refuse(p_tenant, 'login.show');
    v_out.error := v_refused.error;
    v_out.reason := v_refused.reason;
    return v_out;
  end if;
  v_request := pgrant_rules.challenge_request(p_tenant, v_challenge);
  v_out.client_id := v_request.client_id;
  v_out.client_name := coalesce(
    (select c.name from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = v_request.client_id),
    (pgrant_rules.account_client(p_tenant)).name);
  v_out.scopes := v_request.scopes;
  v_out.login_hint := v_request.login_hint;
  v_out.prompt := v_request.prompt;
  v_out.max_age := v_request.max_age;
  v_out.acr_values := array(select distinct a.acr from unnest(v_request.essential_acr || v_request.acr_values) a (acr));
  select u.external_subject into v_out.subject
    from pgrant.users u where u.tenant_id = p_tenant and u.user_id::text = v_request.hint_sub;
  v_out.auth_time_after := ceil(extract(epoch from greatest(
    case when v_request.prompt && array['login', 'select_account', 'create'] then v_request.created_at end,
    v_request.created_at - make_interval(secs => v_request.max_age))));
  v_out.expires_at := pgrant_rules.epoch(v_challenge.expires_at);
  return v_out;
end
$$;

comment on function pgrant_rules.challenge_show(uuid, bytea) is 'What the product''s login page may know of a request. Errors: expired_request, too_many_attempts, flood.';
