-- Names of claims that are spoken for: what tokens say of themselves by RFC 9396, and roles, which are no tenant and no permission.

create or replace function pgrant.token_members() returns text[]
language sql immutable parallel safe
as $$
  select array['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'typ', 'cnf', 'act', 'may_act', 'events',
               'azp', 'nonce', 'auth_time', 'acr', 'amr', 'at_hash', 'c_hash', 's_hash', 'sid',
               'client_id', 'scope', 'active', 'username', 'token_type', 'family_id', 'grant_id', 'allowed_networks',
               'authorization_details', 'token_introspection']
$$;

comment on function pgrant.token_members() is
  'Members of tokens and of introspection that say something of the token (RFC 7519 4.1, RFC 7662 2.2, RFC 9068 2.2, RFC 9396 9, RFC 9701 5, OpenID Connect Core 2): no claim of a person has such a name.';

create or replace function pgrant.claim_name_spoken_for(p_names text[]) returns text
language sql immutable parallel safe
as $$
  select n.name
    from unnest(p_names) with ordinality n (name, place)
   group by n.name
  having count(*) > 1
      -- The first is that of roles.
      or n.name = 'roles' and min(n.place) > 1
      or n.name = any (pgrant.token_members() || array['groups', 'address', 'email', 'email_verified', 'phone_number',
           'phone_number_verified', 'name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username',
           'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'])
   order by n.name
   limit 1
$$;
