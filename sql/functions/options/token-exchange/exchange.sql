-- Token exchange (RFC 8693): a client that was handed the token of a person gets another one, for where it goes on to.

create function pgrant_rules.exchange_grant() returns text
language sql immutable
as $$ select 'urn:ietf:params:oauth:grant-type:token-exchange' $$;

comment on function pgrant_rules.exchange_grant() is 'The grant type (RFC 8693 2.1).';

create type pgrant_rules.exchange as (
  error    pgrant_api.error,
  reason   text,
  policy   pgrant.exchange_policies,
  target   pgrant_rules.target,
  subject  pgrant_rules.live_token,
  act      jsonb
);

comment on type pgrant_rules.exchange is 'What is exchanged for what, and by whom.';
comment on column pgrant_rules.exchange.policy is 'The row that allows it.';
comment on column pgrant_rules.exchange.target is 'What the resource makes of the token.';
comment on column pgrant_rules.exchange.subject is 'The subject''s token, and what it is good for now.';
comment on column pgrant_rules.exchange.act is 'act of the token that is issued; null = none.';

create function pgrant_rules.exchange_act(p_subject pgrant_rules.live_token, p_actor jsonb, p_impersonation boolean) returns jsonb
language sql immutable
as $$
  select case when p_impersonation then p_subject.act
              else p_actor || case when p_subject.act is null then '{}' else jsonb_build_object('act', p_subject.act) end end
$$;

comment on function pgrant_rules.exchange_act(pgrant_rules.live_token, jsonb, boolean) is
  'Who acts: the actor now, and in it who acted before (RFC 8693 4.1). Impersonation adds nobody, and forgets nobody.';

create function pgrant_rules.exchange_way(p_subject pgrant_rules.live_token) returns text[]
language sql immutable
as $$
  select nullif(coalesce(p_subject.exchanged_by, '{}')
                || case when p_subject.client_id = p_subject.family_client_id
                          or p_subject.client_id = any (p_subject.exchanged_by) then '{}'
                        else array[p_subject.client_id] end, '{}')
$$;

comment on function pgrant_rules.exchange_way(pgrant_rules.live_token) is
  'Through which clients a token came that this one is exchanged for, but for the one that the person allowed: each once, the first one first; null = through none. act may name none of them, where they impersonate or an actor_token names another.';

create function pgrant_rules.exchange_possessed(p_cnf jsonb, p_possession jsonb) returns boolean
language sql immutable
as $$
  select (not coalesce(p_cnf ? 'jkt', false) or coalesce(p_cnf -> 'jkt' = p_possession #> '{proof,jkt}', false))
     and (not coalesce(p_cnf ? 'x5t#S256', false)
          or coalesce(p_cnf -> 'x5t#S256' = p_possession #> '{certificate,x5t#S256}', false))
$$;

comment on function pgrant_rules.exchange_possessed(jsonb, jsonb) is
  'Whether a request proves the keys that a token which it exchanges is bound to (RFC 9449 5, RFC 8705 3): whoever has stolen it has nothing to exchange. p_possession as of keys_proven.';

create function pgrant_rules.exchange_resources(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_resource text, p_audience text
) returns text[]
language plpgsql stable
as $$
begin
  return array(
    select q.uri from unnest(string_to_array(p_resource, ' ')) q (uri)
    union
    -- What names none is left as it is, and found to be none.
    select coalesce((select min(r.resource) from pgrant.resources r
                      where r.tenant_id = p_tenant
                        and (r.resource = pgrant.resource_canonical(p_audience) or p_audience = any (r.audiences))),
                    p_audience)
     where p_audience is not null and not p_audience = any (p_client.audience));
end
$$;

comment on function pgrant_rules.exchange_resources(uuid, pgrant_rules.client_policies, text, text) is
  'The resources that resource and audience of a request name (RFC 8693 2.1): audience is a resource or one of its audiences, or the tenant''s own audience.';

create function pgrant_rules.exchange_decide(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_possession jsonb, p_resource text, p_audience text,
  p_subject pgrant_rules.live_token, p_may_act jsonb, p_actor_sent boolean, p_actor pgrant_rules.live_token
) returns pgrant_rules.exchange
language plpgsql
as $$
declare
  v_out pgrant_rules.exchange;
  v_actor constant jsonb := jsonb_build_object('sub', case when p_actor_sent then coalesce(p_actor.subject, p_actor.client_id)
                                                           else p_client.client_id end);
begin
  v_out.subject := p_subject;
  v_out.target := pgrant_rules.resource_target(
    p_tenant, p_client.scopes, pgrant_rules.exchange_resources(p_tenant, p_client, p_resource, p_audience), null);
  v_out.policy := (select e from pgrant.exchange_policies e
                    where e.tenant_id = p_tenant and e.client_id = p_client.client_id
                      and e.resource = coalesce((v_out.target).resources[1], ''));
  if p_audience is not null and not p_audience = any (p_client.audience) and (v_out.target).resources = '{}' then
    v_out.error := 'invalid_target';
    v_out.reason := 'the tenant has no resources';
  elsif (v_out.target).error is not null then
    v_out.error := (v_out.target).error;
    v_out.reason := (v_out.target).reason;
  elsif (v_out.policy).client_id is null or cardinality((v_out.target).resources) > 1 then
    v_out.error := 'invalid_target';
    v_out.reason := 'no policy lets the client exchange tokens for this resource';
  elsif p_client.token_endpoint_auth_method = 'none' then
    v_out.error := 'unauthorized_client';
    v_out.reason := 'a public client cannot exchange tokens';
  elsif p_subject.client_id is null then
    v_out.reason := 'subject_token unknown, expired or revoked';
  elsif p_subject.user_id is null then
    v_out.reason := 'subject_token of no person';
  elsif not pgrant_rules.exchange_possessed(p_subject.cnf, p_possession) then
    v_out.reason := 'subject_token of another key or client certificate';
  elsif p_actor_sent and p_actor.client_id is distinct from p_client.client_id then
    v_out.reason := 'actor_token unknown, expired, revoked, or of another client';
  elsif not pgrant_rules.exchange_possessed(p_actor.cnf, p_possession) then
    v_out.reason := 'actor_token of another key or client certificate';
  -- RFC 8693 4.4.
  elsif p_may_act is not null and p_may_act ->> 'sub' is distinct from v_actor ->> 'sub' then
    v_out.reason := 'may_act of subject_token names another actor';
  end if;
  if v_out.reason is null then
    v_out.act := pgrant_rules.exchange_act(p_subject, v_actor, (v_out.policy).impersonation and not p_actor_sent);
    if cardinality(pgrant_rules.act_subjects(v_out.act)) > 10 then
      v_out.reason := 'more than ten act for one another';
    elsif cardinality(pgrant_rules.exchange_way(p_subject)) > 10 then
      v_out.reason := 'the token came through more than ten clients';
    end if;
  end if;
  -- RFC 8693 2.2.2.
  v_out.error := coalesce(v_out.error, case when v_out.reason is not null then 'invalid_request'::pgrant_api.error end);
  return v_out;
end
$$;

comment on function pgrant_rules.exchange_decide(uuid, pgrant_rules.client_policies, jsonb, text, text, pgrant_rules.live_token, jsonb, boolean, pgrant_rules.live_token) is
  'Whether a client may exchange a token, and who acts then. p_subject and p_actor are of tokens_live, null = not good; p_may_act is that of the subject''s token. Errors: invalid_request, invalid_target, unauthorized_client.';
