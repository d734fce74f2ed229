-- Where options/hosted-login takes part in the core; see hooks.sql.

create function pgrant_rules.challenge_issue(
  p_tenant uuid, p_request pgrant.authorization_requests, p_challenge_hash bytea
) returns text
language plpgsql
as $$ begin return null; end $$;

comment on function pgrant_rules.challenge_issue(uuid, pgrant.authorization_requests, bytea) is 'Hook of options/hosted-login: people sign in here.';

create function pgrant_rules.logins_forget(p_tenant uuid, p_user_id uuid) returns void
language plpgsql
as $$ begin end $$;

comment on function pgrant_rules.logins_forget(uuid, uuid) is 'Hook of options/hosted-login: nobody has signed in elsewhere.';
