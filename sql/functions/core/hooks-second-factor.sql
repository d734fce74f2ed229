-- Where options/second-factor takes part in the core; see hooks.sql.

create function pgrant_rules.second_factor_step(p_request pgrant.authorization_requests, p_session pgrant.sessions)
returns pgrant_rules.factor_step
language plpgsql stable
as $$ begin return null; end $$;

comment on function pgrant_rules.second_factor_step(pgrant.authorization_requests, pgrant.sessions) is
  'Hook of options/second-factor: one factor is enough.';

create function pgrant_rules.second_factor_page(p_tenant uuid, p_user_id uuid) returns jsonb
language plpgsql stable
as $$ begin return null; end $$;

comment on function pgrant_rules.second_factor_page(uuid, uuid) is 'Hook of options/second-factor: nobody has a second one.';

create function pgrant_rules.second_factor_wait(
  p_tenant uuid, p_request_hash bytea, p_request_expires_at bigint, p_user_id uuid, p_amr text[]
) returns boolean
language plpgsql
as $$ begin return false; end $$;

comment on function pgrant_rules.second_factor_wait(uuid, bytea, bigint, uuid, text[]) is
  'Hook of options/second-factor: whoever has shown the first factor is signed in.';

create function pgrant_rules.second_factor_owed(p_session pgrant.sessions) returns boolean
language plpgsql stable
as $$ begin return false; end $$;

comment on function pgrant_rules.second_factor_owed(pgrant.sessions) is
  'Hook of options/second-factor: a sign-in with one factor may change the account.';

create function pgrant_rules.second_factor_missing(p_session pgrant.sessions) returns boolean
language plpgsql stable
as $$ begin return false; end $$;

comment on function pgrant_rules.second_factor_missing(pgrant.sessions) is
  'Hook of options/second-factor: a sign-in with one factor may administer.';

create function pgrant_rules.first_factors_forget(p_tenant uuid, p_user_id uuid) returns void
language plpgsql
as $$ begin end $$;

comment on function pgrant_rules.first_factors_forget(uuid, uuid) is 'Hook of options/second-factor: nobody waits.';

create function pgrant_rules.acr_reached(p_tenant uuid, p_acr text) returns text[]
language plpgsql stable
as $$ begin return array[p_acr]; end $$;

comment on function pgrant_rules.acr_reached(uuid, text) is 'Hook of options/second-factor: an acr is as good as itself.';
