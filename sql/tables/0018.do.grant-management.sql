-- Grant Management for OAuth 2.0 (FAPI, second Implementer's Draft): clients name the grants that people have given them.

alter table pgrant.tenants add column grant_management_action_required boolean not null default false;
comment on column pgrant.tenants.grant_management_action_required is
  'Whether every authorization request has to say what becomes of the grant (Grant Management 7.1, grant_management_action_required).';
select pgrant.audited('pgrant.tenants', array['grant_management_action_required']);

alter table pgrant.clients add column grant_management boolean not null default false;
comment on column pgrant.clients.grant_management is
  'Whether the client may name the grants that people have given it, and query, replace and revoke them (Grant Management 5.1); a public client may not.';
select pgrant.audited('pgrant.clients', array['grant_management']);

alter table pgrant.authorization_requests add column grant_management_action text, add column grant_id uuid;
alter table pgrant.authorization_requests
  add constraint authorization_requests_grant_management_action_check
    check (grant_management_action in ('create', 'merge', 'replace'));
alter table pgrant.authorization_requests
  add constraint authorization_requests_grant_id_check
    check ((grant_id is not null) = coalesce(grant_management_action in ('merge', 'replace'), false));
comment on column pgrant.authorization_requests.grant_management_action is
  'What is to become of the grant (Grant Management 5.2): create, merge or replace; null = nothing was said.';
comment on column pgrant.authorization_requests.grant_id is 'The grant that the request names, to merge or replace; null = none.';
select pgrant.audited('pgrant.authorization_requests', array['grant_management_action', 'grant_id']);

alter table pgrant.codes add column grant_management_action text;
alter table pgrant.codes
  add constraint codes_grant_management_action_check check (grant_management_action in ('create', 'merge', 'replace'));
comment on column pgrant.codes.grant_management_action is
  'What the request has said of the grant: then the client is told its grant_id (Grant Management 5.5); null = nothing.';
select pgrant.audited('pgrant.codes', array['grant_management_action']);
