-- Logos of tenants and clients: copies, so that a page loads nothing from elsewhere.

alter table pgrant.tenants add column logo_uri text;
alter table pgrant.tenants
  add constraint tenants_logo_uri_check
    check (logo_uri ~ '^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?/)[\x21\x23-\x3B\x3D\x3F-\x7E]+$'
           and length(logo_uri) <= 500);
comment on column pgrant.tenants.logo_uri is
  'The logo on every page: PNG, JPEG, WebP or GIF of at most 64 KiB, which the worker fetches within a minute and then each week. Null = none.';
comment on constraint tenants_logo_uri_check on pgrant.tenants is
  'an https URL of at most 500 characters; http on a loopback host, which a server on a loopback address may fetch';
select pgrant.audited('pgrant.tenants', '{logo_uri}');
grant select (logo_uri) on pgrant.tenants to pgrant_janitor;

alter table pgrant.tenants add column unverified_logos boolean not null default false;
comment on column pgrant.tenants.unverified_logos is
  'Whether the logos of clients are shown that registered themselves or came from a document; else only of those that somebody of the tenant added or approved.';
select pgrant.audited('pgrant.tenants', '{unverified_logos}');
grant select (unverified_logos) on pgrant.tenants to pgrant_janitor;

alter table pgrant.clients
  add constraint clients_logo_uri_check
    check (logo_uri ~ '^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/|$))[\x21\x23-\x3B\x3D\x3F-\x7E]*$');
comment on constraint clients_logo_uri_check on pgrant.clients is
  'an https URL; or http on a loopback host, which a server on a loopback address may fetch';
comment on column pgrant.clients.logo_uri is
  'Its logo, of which pages show a copy: PNG, JPEG, WebP or GIF of at most 64 KiB, fetched within a minute and then each week; null = none.';

create table pgrant.logos (
  tenant_id    uuid not null references pgrant.tenants on delete cascade,
  logo_uri     text not null check (octet_length(logo_uri) <= 2000),
  check_after  timestamptz not null default now(),
  fetched_at   timestamptz,
  digest       bytea check (length(digest) = 32),
  media_type   text check (media_type in ('image/png', 'image/jpeg', 'image/webp', 'image/gif')),
  image        bytea check (length(image) between 1 and 65536),
  last_error   text,
  primary key (tenant_id, logo_uri),
  constraint logos_image_whole check (num_nulls(fetched_at, digest, media_type, image) in (0, 4))
);

create index logos_digest on pgrant.logos (tenant_id, digest) where digest is not null;

comment on table pgrant.logos is 'Copies of the logos that a tenant and its clients name.';
comment on column pgrant.logos.logo_uri is 'Where it was fetched, as logo_uri of pgrant.tenants or pgrant.clients says.';
comment on column pgrant.logos.check_after is 'When it is fetched again.';
comment on column pgrant.logos.fetched_at is 'When the copy was fetched; null = there is none yet.';
comment on column pgrant.logos.digest is 'SHA-256 of the image, by which pages name it.';
comment on column pgrant.logos.media_type is 'What the image is by its first bytes, whatever its server said.';
comment on column pgrant.logos.image is 'The image, as it came.';
comment on column pgrant.logos.last_error is 'Why the last fetch gave none; null = it gave one.';
comment on constraint logos_image_whole on pgrant.logos is 'a copy is whole, or there is none';
comment on index pgrant.logos_digest is 'The image that a page asks for.';

select pgrant.isolate('pgrant.logos');
select pgrant.audited('pgrant.logos', '{tenant_id, logo_uri, check_after, fetched_at, media_type, last_error}');

-- The worker finds what is due among all tenants at once.
create policy logo_seen on pgrant.logos for select to pgrant_janitor using (true);
grant select (tenant_id, logo_uri, check_after) on pgrant.logos to pgrant_janitor;
create policy logo_seen on pgrant.clients for select to pgrant_janitor using (logo_uri is not null);
grant select (tenant_id, logo_uri, registered_at, draft) on pgrant.clients to pgrant_janitor;
create index clients_logo_uri on pgrant.clients (tenant_id, logo_uri) where octet_length(logo_uri) <= 2000;
comment on index pgrant.clients_logo_uri is 'Clients that name a logo.';
