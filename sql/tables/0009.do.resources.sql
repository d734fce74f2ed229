-- Resources: the APIs of a tenant that tokens are for (RFC 8707).

create table pgrant.resources (
  tenant_id              uuid not null references pgrant.tenants on delete cascade,
  resource               text not null check (resource ~ '^[a-z][a-z0-9+.-]*://[^#]+[^/#]$' and length(resource) <= 512),
  title                  text not null,
  scopes                 text[],
  access_token_format    text check (access_token_format in ('jwt', 'opaque')),
  access_token_alg       text check (access_token_alg in ('ES256', 'RS256')),
  access_token_typ       text check (access_token_typ in ('at+jwt', 'JWT')),
  access_token_lifetime  integer check (access_token_lifetime between 1 and 86400),
  created_at             timestamptz not null default now(),
  disabled_at            timestamptz,
  primary key (tenant_id, resource)
);

comment on table pgrant.resources is 'What a client may name as resource, and find as aud of its access token.';
comment on column pgrant.resources.resource is 'Absolute URI: scheme and host in lower case, no slash at the end. Requests are compared in that form.';
comment on column pgrant.resources.scopes is 'The roles and scopes that mean something there; null = all. The standard ones of OpenID Connect always pass.';
comment on column pgrant.resources.access_token_format is 'Format of its access tokens; null = the client''s.';
comment on column pgrant.resources.access_token_alg is 'What its JWT access tokens are signed by; null = the client''s.';
comment on column pgrant.resources.access_token_typ is 'typ of its JWT access tokens (RFC 9068 2.1); null = the tenant''s.';
comment on column pgrant.resources.access_token_lifetime is 'Lifetime of its access tokens in seconds; null = the client''s.';

comment on constraint resources_resource_check on pgrant.resources is 'an absolute URI of at most 512 characters, without fragment and without a slash at the end';
comment on constraint resources_access_token_lifetime_check on pgrant.resources is 'a whole number of seconds from 1 to 86400';

select pgrant.isolate('pgrant.resources');

alter table pgrant.authorization_requests add column resources text[] not null default '{}';
alter table pgrant.codes add column resources text[] not null default '{}';
alter table pgrant.token_families add column resources text[] not null default '{}';
alter table pgrant.grants add column resources text[] not null default '{}';

comment on column pgrant.grants.resources is 'The resources that were consented to.';
comment on column pgrant.token_families.resources is 'What access tokens of the family may be for; {} = the tenant''s own audience.';
