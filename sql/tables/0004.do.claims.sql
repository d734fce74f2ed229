-- Authentication contexts, subjects that differ by sector (OpenID Connect Core 8), and a tenant's own claims.

create function pgrant.acr_values_sound(p_values text[]) returns boolean
language sql immutable parallel safe
as $$
  select cardinality(p_values) <= 50
     and not exists (select from unnest(p_values) a (acr) where (a.acr ~ '^[\x21\x23-\x5B\x5D-\x7E]{1,255}$') is not true)
$$;

comment on function pgrant.acr_values_sound(text[]) is
  'Whether each can stand in acr_values (OpenID Connect Core 3.1.2.1), space-delimited, and in a challenge (RFC 9470 3).';

create function pgrant.uri_host(p_uri text) returns text
language sql immutable parallel safe
as $$ select lower(substring(p_uri from '^https://([^/?#:@\\]+)(?::[0-9]*)?(?:[/?#]|$)')) $$;

comment on function pgrant.uri_host(text) is 'The host of an https URI, without its port; null for any other.';

create function pgrant.sector_sound(p_subject_type text, p_sector_identifier_uri text, p_redirect_uris text[]) returns boolean
language sql immutable parallel safe
as $$
  select p_subject_type <> 'pairwise' or p_sector_identifier_uri is not null
      or (select count(distinct pgrant.uri_host(u.uri)) <= 1 from unnest(p_redirect_uris) u (uri))
$$;

comment on function pgrant.sector_sound(text, text, text[]) is
  'Whether it is plain which sector a client is of: several hosts of redirect URIs need a sector_identifier_uri (OpenID Connect Core 8.1).';

revoke execute on function pgrant.acr_values_sound(text[]), pgrant.uri_host(text), pgrant.sector_sound(text, text, text[])
  from public;
grant execute on function pgrant.acr_values_sound(text[]), pgrant.uri_host(text), pgrant.sector_sound(text, text, text[])
  to pgrant_definer;

alter table pgrant.tenants
  add column acr_values_supported text[] not null default '{1}',
  add column subject_type text not null default 'public',
  add column pairwise_salt bytea not null
    default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
  add column claims_function text,
  add column claims_function_targets text[] not null default '{userinfo}';

alter table pgrant.tenants add constraint tenants_acr_values_supported_check check (pgrant.acr_values_sound(acr_values_supported));
alter table pgrant.tenants add constraint tenants_subject_type_check check (subject_type in ('public', 'pairwise'));
alter table pgrant.tenants add constraint tenants_pairwise_salt_check check (length(pairwise_salt) = 32);
alter table pgrant.tenants add constraint tenants_claims_function_check
    check (claims_function ~ '^[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}$' and claims_function !~ '^(pg_|pgrant|information_schema)');
alter table pgrant.tenants add constraint tenants_claims_function_targets_check
    check (claims_function_targets <@ array['userinfo', 'id_token', 'access_token']);

comment on column pgrant.tenants.acr_values_supported is
  'The acr that sign-ins here can have, as the metadata say (acr_values_supported): 1 = a password that pgrant asked for; the others are those of your own login page. Somebody who signed in with none of the acr_values that a request asks for signs in once more where one of them is here.';
comment on column pgrant.tenants.subject_type is
  'The subject_type of clients that are made from now on and do not say: public = sub is the same for every client; pairwise = it differs by sector (OpenID Connect Core 8).';
comment on column pgrant.tenants.pairwise_salt is 'Keeps pairwise subjects from being computed by others; goes with the tenant, because another salt makes other subjects.';
comment on column pgrant.tenants.claims_function is
  'The function schema.name in a schema of your own that adds claims to those that pgrant has; null = none.';
comment on column pgrant.tenants.claims_function_targets is
  'Where its claims are: userinfo, ID tokens, access tokens (JWTs, and what introspection says of any).';

comment on constraint tenants_acr_values_supported_check on pgrant.tenants is
  'a list of at most 50 acr values, each of 1 to 255 visible characters of ASCII without quotation mark and backslash';
comment on constraint tenants_pairwise_salt_check on pgrant.tenants is '32 bytes';
comment on constraint tenants_claims_function_check on pgrant.tenants is
  'a function as schema.name, in lower case, in a schema that is not one of pgrant or PostgreSQL';

alter table pgrant.clients
  add column default_acr_values text[],
  add column subject_type text not null default 'public',
  add column sector_identifier_uri text;

alter table pgrant.clients add constraint clients_default_acr_values_check check (pgrant.acr_values_sound(default_acr_values));
alter table pgrant.clients add constraint clients_subject_type_check check (subject_type in ('public', 'pairwise'));
alter table pgrant.clients add constraint clients_sector_identifier_uri_check
    check (sector_identifier_uri ~ '^(https://[^/?#:@]+|http://(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?([/?]|$)'
           and length(sector_identifier_uri) <= 2048);
alter table pgrant.clients add constraint clients_sector check (pgrant.sector_sound(subject_type, sector_identifier_uri, redirect_uris));

comment on column pgrant.clients.default_acr_values is 'acr_values of requests that do not say (OpenID Connect Registration 2).';
comment on column pgrant.clients.subject_type is
  'public = sub is the user_id; pairwise = it is another one for each sector (OpenID Connect Core 8.1). A change of it changes every sub of the client.';
comment on column pgrant.clients.sector_identifier_uri is
  'Its host is the sector of a pairwise client; null = the host of the redirect URIs, or the client by itself where none is https.';

comment on constraint clients_default_acr_values_check on pgrant.clients is
  'a list of at most 50 acr values, each of 1 to 255 visible characters of ASCII without quotation mark and backslash';
comment on constraint clients_sector_identifier_uri_check on pgrant.clients is 'an https URL (http on a loopback host) of at most 2048 characters';
comment on constraint clients_sector on pgrant.clients is
  'a pairwise client with redirect URIs of several hosts needs a sector_identifier_uri (OpenID Connect Core 8.1)';

-- What a pairwise subject means cannot be computed back: it is kept when it is first given.
create table pgrant.pairwise_subjects (
  tenant_id   uuid not null,
  subject     text not null check (length(subject) = 64),
  user_id     uuid not null,
  sector      text not null,
  created_at  timestamptz not null default now(),
  primary key (tenant_id, subject),
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade
);

create index pairwise_subjects_user on pgrant.pairwise_subjects (tenant_id, user_id);

comment on table pgrant.pairwise_subjects is 'Whom each pairwise subject means (OpenID Connect Core 8.1).';
comment on column pgrant.pairwise_subjects.subject is 'The sub of tokens for clients of the sector.';
comment on column pgrant.pairwise_subjects.sector is 'The sector identifier: a host, or a client that is a sector by itself.';
comment on column pgrant.pairwise_subjects.created_at is 'When it was first given.';

-- As of what people are called (see 0001).
alter table pgrant.pairwise_subjects alter column subject set statistics 1;
select pgrant.isolate('pgrant.pairwise_subjects');
select pgrant.audited('pgrant.pairwise_subjects', array['tenant_id', 'subject', 'user_id', 'sector', 'created_at']);
select pgrant.audited('pgrant.tenants', array['acr_values_supported', 'subject_type', 'claims_function', 'claims_function_targets']);
select pgrant.audited('pgrant.clients', array['default_acr_values', 'subject_type', 'sector_identifier_uri']);
