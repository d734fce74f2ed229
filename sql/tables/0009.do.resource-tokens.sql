-- What the tokens of a resource say, for servers that were made for the tokens of others.

create function pgrant.resource_canonical(p_uri text) returns text
language sql immutable parallel safe
as $$
  select case
    when p_uri !~ '^[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?\[\]@!$&''()*+,;=-]|%[0-9A-Fa-f]{2})+$' or p_uri ~ '^[^:]*://([/?]|$)'
      then null
    when p_uri ~ '^[^:]*://' then lower(substring(p_uri from '^[^:]*://[^/?]*')) || rtrim(substring(p_uri from '^[^:]*://[^/?]*(.*)$'), '/')
    when p_uri ~* '^urn:[^:]*:' then lower(substring(p_uri from '^[^:]*:[^:]*:')) || substring(p_uri from '^[^:]*:[^:]*:(.*)$')
    else lower(substring(p_uri from '^[^:]*:')) || substring(p_uri from '^[^:]*:(.*)$') end
$$;

comment on function pgrant.resource_canonical(text) is
  'Scheme and host (of a URN the namespace) in lower case, no slash at the end: clients differ in how they write the same resource. Null for what is no absolute URI without fragment (RFC 8707 2, RFC 3986 4.3; the twin of isResource in src/protocol/scope.ts).';

create function pgrant.audience_names_sound(p_names text[]) returns boolean
language sql immutable parallel safe
as $$
  select cardinality(p_names) <= 10
     and not exists (select from unnest(p_names) a (name) where (a.name ~ '^[\x21\x23-\x39\x3B-\x5B\x5D-\x7E]{1,255}$') is not true)
$$;

comment on function pgrant.audience_names_sound(text[]) is
  'Whether each can be an aud beside a resource and be no resource or issuer itself: it has no colon.';

create or replace function pgrant.token_members() returns text[]
language sql immutable parallel safe
as $$
  select array['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'typ', 'cnf', 'act', 'may_act', 'events',
               'azp', 'nonce', 'auth_time', 'acr', 'amr', 'at_hash', 'c_hash', 's_hash', 'sid',
               'client_id', 'scope', 'active', 'username', 'token_type', 'family_id', 'grant_id', 'allowed_networks']
$$;

revoke execute on function pgrant.resource_canonical(text), pgrant.audience_names_sound(text[]) from public;
grant execute on function pgrant.resource_canonical(text), pgrant.audience_names_sound(text[]) to pgrant_definer;

alter table pgrant.resources
  add column audiences text[] not null default '{}',
  add column access_token_scope text,
  add column access_token_claims jsonb not null default '{}';

alter table pgrant.resources drop constraint resources_resource_check;
alter table pgrant.resources -- Not valid: those that exist stay, whatever characters they have.
  add constraint resources_resource_check
    check (coalesce(resource = pgrant.resource_canonical(resource), false) and length(resource) <= 512) not valid;
alter table pgrant.resources add constraint resources_audiences_check check (pgrant.audience_names_sound(audiences));
alter table pgrant.resources add constraint resources_access_token_scope_check check (access_token_scope in ('string', 'array'));
alter table pgrant.resources add constraint resources_access_token_claims_check check (jsonb_typeof(access_token_claims) = 'object');

comment on column pgrant.resources.resource is 'Absolute URI, in the form in which requests are compared (resource_canonical).';
comment on column pgrant.resources.audiences is 'What else aud has: names that are no URI, for servers that look for one.';
comment on column pgrant.resources.access_token_scope is
  'How its JWT access tokens have scope: a string (RFC 9068 2.2.3), or an array for servers that split none; null = a string.';
comment on column pgrant.resources.access_token_claims is
  'Claims of the person in its access tokens and at introspection, as far as the scopes of the token allow: {name: text with one {claim} in it}.';

comment on constraint resources_resource_check on pgrant.resources is 'an absolute URI of at most 512 characters, without fragment';
comment on constraint resources_audiences_check on pgrant.resources is
  'a list of at most 10 names of 1 to 255 visible characters of ASCII without colon, quotation mark and backslash';
comment on constraint resources_access_token_claims_check on pgrant.resources is 'an object';

alter table pgrant.clients add column default_resource text;

alter table pgrant.clients
  add constraint clients_default_resource_check
    check (pgrant.resource_canonical(default_resource) is not null and length(default_resource) <= 512
           or default_resource is null);

comment on column pgrant.clients.default_resource is
  'What its tokens are for where a request names no resource (RFC 8707), for clients that cannot; null = the tenant''s own audience. Of an API credential: the aud of its key.';
comment on constraint clients_default_resource_check on pgrant.clients is 'an absolute URI of at most 512 characters, without fragment';

select pgrant.audited('pgrant.resources', array['audiences', 'access_token_scope', 'access_token_claims']);
select pgrant.audited('pgrant.clients', array['default_resource']);
