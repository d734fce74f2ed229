-- What whoever operates a database asks, and what the worker finds without looking at everything.

-- Who may become the owner: besides superusers that is the login of the release.
alter table pgrant_release.released add column login text;

-- Logos that are due are found by index. Which of its logos the worker has heard of is a column beside each: what differs is new.
alter table pgrant.tenants add column logo_kept text;
comment on column pgrant.tenants.logo_kept is
  'The logo_uri of which the worker keeps a copy, or tries to: while it is not logo_uri, that is new, or this to be forgotten.';
alter table pgrant.clients add column logo_kept text;
comment on column pgrant.clients.logo_kept is
  'The logo_uri of which the worker keeps a copy, or tries to: while it is not logo_uri, that is new, or this to be forgotten.';
select pgrant.audited('pgrant.tenants', '{logo_kept}');
select pgrant.audited('pgrant.clients', '{logo_kept}');
grant select (logo_kept) on pgrant.tenants, pgrant.clients to pgrant_janitor;
drop policy logo_seen on pgrant.clients;
create policy logo_seen on pgrant.clients for select to pgrant_janitor using (logo_uri is not null or logo_kept is not null);

create index tenants_logo_new on pgrant.tenants (tenant_id) where logo_uri is distinct from logo_kept;
comment on index pgrant.tenants_logo_new is 'Tenants whose logo is new to the worker.';
create index tenants_unverified_logos on pgrant.tenants (tenant_id) where unverified_logos;
comment on index pgrant.tenants_unverified_logos is 'Tenants that show the logos of clients nobody vouches for.';
create index clients_logo_new on pgrant.clients (tenant_id, client_id)
  where case when octet_length(logo_uri) <= 2000 then logo_uri end is distinct from logo_kept and registered_at is null and not draft;
comment on index pgrant.clients_logo_new is 'Clients that somebody vouches for, whose logo is new to the worker.';
create index clients_logo_unverified on pgrant.clients (tenant_id, client_id)
  where case when octet_length(logo_uri) <= 2000 then logo_uri end is distinct from logo_kept and (registered_at is not null or draft);
comment on index pgrant.clients_logo_unverified is 'Clients that nobody vouches for, whose logo is new to the worker: of use where their tenant shows those.';
create index logos_due on pgrant.logos ((check_after at time zone 'UTC'));
comment on index pgrant.logos_due is 'Copies, the next to be fetched again first. An expression, so that no condition of an auditor can use it.';
