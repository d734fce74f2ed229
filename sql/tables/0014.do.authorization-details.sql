-- Rich authorization requests (RFC 9396): types of authorization details, and what was asked for and granted of them.

create table pgrant.authorization_details_types (
  tenant_id           uuid not null references pgrant.tenants on delete cascade,
  type                text not null check (type ~ '^[\x21-\x7E]{1,128}$'),
  title               text not null constraint authorization_details_types_title_sound check (pgrant.name_sound(title)),
  json_schema         jsonb not null check (jsonb_typeof(json_schema) = 'object' and length(json_schema::text) <= 65536),
  json_schema_hash    bytea not null check (length(json_schema_hash) = 32),
  template            text not null check (length(template) between 1 and 1000 and pgrant.text_sound(template)
                                           and regexp_replace(template, '\{[A-Za-z0-9_.-]+\}', '', 'g') !~ '[{}]'),
  consent_remembered  boolean not null default false,
  client_credentials  boolean not null default false,
  created_at          timestamptz not null default now(),
  primary key (tenant_id, type)
);

comment on table pgrant.authorization_details_types is 'The types of authorization details (RFC 9396 2) that clients may ask for.';
comment on column pgrant.authorization_details_types.type is 'As clients write it (RFC 9396 2).';
comment on column pgrant.authorization_details_types.title is 'What people are asked to allow.';
comment on column pgrant.authorization_details_types.json_schema is 'What details of the type look like (JSON Schema 2020-12).';
comment on column pgrant.authorization_details_types.json_schema_hash is
  'SHA-256 of json_schema: by which schema the web process has validated, it says with each request.';
comment on column pgrant.authorization_details_types.template is
  'What the consent page says of one: plain text, in which {member} and {member.member} stand for values.';
comment on column pgrant.authorization_details_types.consent_remembered is
  'Whether what was allowed once need not be asked again; false = each request is asked, as a payment has to be.';
comment on column pgrant.authorization_details_types.client_credentials is
  'Whether clients may have it for themselves, without any person (RFC 6749 4.4).';

select pgrant.isolate('pgrant.authorization_details_types');
select pgrant.audited('pgrant.authorization_details_types', array['tenant_id', 'type', 'title', 'json_schema', 'template',
                                                                  'consent_remembered', 'client_credentials', 'created_at']);

alter table pgrant.clients add column authorization_details_types text[] not null default '{}';
alter table pgrant.clients
  add constraint clients_authorization_details_types_check
    check (cardinality(authorization_details_types) <= 50 and array_position(authorization_details_types, null) is null);
comment on column pgrant.clients.authorization_details_types is
  'The types of authorization details that the client may ask for (RFC 9396 10).';
comment on constraint clients_authorization_details_types_check on pgrant.clients is 'a list of at most 50 types';
select pgrant.audited('pgrant.clients', array['authorization_details_types']);

alter table pgrant.authorization_requests add column authorization_details jsonb not null default '[]';
alter table pgrant.authorization_requests
  add constraint authorization_requests_authorization_details_check
    check (jsonb_typeof(authorization_details) = 'array' and pg_column_size(authorization_details) <= 32768);
comment on column pgrant.authorization_requests.authorization_details is 'What is asked for beside scopes (RFC 9396 3).';
select pgrant.audited('pgrant.authorization_requests', array['authorization_details']);

alter table pgrant.codes add column authorization_details jsonb not null default '[]';
alter table pgrant.codes
  add constraint codes_authorization_details_check check (jsonb_typeof(authorization_details) = 'array');
comment on column pgrant.codes.authorization_details is 'What was granted beside scopes (RFC 9396).';
select pgrant.audited('pgrant.codes', array['authorization_details']);

alter table pgrant.grants add column authorization_details jsonb not null default '[]';
alter table pgrant.grants
  add constraint grants_authorization_details_check check (jsonb_typeof(authorization_details) = 'array');
comment on column pgrant.grants.authorization_details is
  'What was consented to beside scopes (RFC 9396): what is remembered, and of the rest what a token may be there for.';
select pgrant.audited('pgrant.grants', array['authorization_details']);

alter table pgrant.token_families add column authorization_details jsonb not null default '[]';
alter table pgrant.token_families
  add constraint token_families_authorization_details_check check (jsonb_typeof(authorization_details) = 'array');
comment on column pgrant.token_families.authorization_details is
  'What its tokens may be good for beside scopes (RFC 9396), at most.';
select pgrant.audited('pgrant.token_families', array['authorization_details']);

alter table pgrant.access_tokens add column authorization_details jsonb not null default '[]';
alter table pgrant.access_tokens
  add constraint access_tokens_authorization_details_check check (jsonb_typeof(authorization_details) = 'array');
comment on column pgrant.access_tokens.authorization_details is 'What it is good for beside scopes (RFC 9396).';
select pgrant.audited('pgrant.access_tokens', array['authorization_details']);

alter table pgrant.grant_history add column authorization_details jsonb not null default '[]';
comment on column pgrant.grant_history.authorization_details is 'What was granted beside scopes (RFC 9396).';
select pgrant.audited('pgrant.grant_history', array['authorization_details']);
