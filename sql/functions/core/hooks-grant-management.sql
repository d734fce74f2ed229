-- As hooks.sql: where options/grant-management takes part in the core.

create function pgrant_rules.grant_owner(p_tenant uuid, p_client_id text, p_grant_id uuid) returns uuid
language plpgsql stable
as $$ begin return null; end $$;

comment on function pgrant_rules.grant_owner(uuid, text, uuid) is 'Hook of options/grant-management: no request names a grant.';

create function pgrant_rules.grant_action_refusal(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests,
  out error pgrant_api.error, out reason text, out detail text
)
language plpgsql
as $$
begin
  if p_request.grant_management_action is not null then
    error := 'invalid_request';
    reason := 'no client manages grants here';
    detail := reason;
  end if;
end
$$;

comment on function pgrant_rules.grant_action_refusal(uuid, pgrant_rules.client_policies, pgrant.authorization_requests) is
  'Hook of options/grant-management: why a request may not do with a grant what it says.';

create function pgrant_rules.grant_gone(p_tenant uuid, p_request pgrant.authorization_requests, p_user_id uuid) returns boolean
language plpgsql
as $$ begin return false; end $$;

comment on function pgrant_rules.grant_gone(uuid, pgrant.authorization_requests, uuid) is
  'Hook of options/grant-management: whether the grant that a request names is there no more.';

create function pgrant_rules.grant_lost(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests, p_user_id uuid
) returns jsonb
language plpgsql
as $$ begin return null; end $$;

comment on function pgrant_rules.grant_lost(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, uuid) is
  'Hook of options/grant-management: what goes away where a grant is replaced.';

create function pgrant_rules.grant_replaced(p_tenant uuid, p_old pgrant.grants, p_new pgrant.grants) returns void
language plpgsql
as $$ begin end $$;

comment on function pgrant_rules.grant_replaced(uuid, pgrant.grants, pgrant.grants) is
  'Hook of options/grant-management: a grant says something else now.';

create function pgrant_rules.grants_changed(p_tenant uuid, p_decisions pgrant_rules.token_decision[]) returns void
language plpgsql
as $$ begin end $$;

comment on function pgrant_rules.grants_changed(uuid, pgrant_rules.token_decision[]) is
  'Hook of options/grant-management: codes of requests that changed a grant were redeemed.';
