-- Clients whose client_id is the URL of their metadata (draft-ietf-oauth-client-id-metadata-document), and what bounds them.

create function pgrant.hosts_sound(p_hosts text[]) returns boolean
language sql immutable parallel safe
as $$
  select not exists (select from unnest(p_hosts) h (host)
                      where h.host is null or length(h.host) > 255 or h.host !~ '^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$')
$$;

comment on function pgrant.hosts_sound(text[]) is
  'Whether each is a host name in lower case (a name that is not ASCII as xn--…), or *. before one for all the hosts below it.';

revoke execute on function pgrant.hosts_sound(text[]) from public;
grant execute on function pgrant.hosts_sound(text[]) to pgrant_definer;

alter table pgrant.tenants
  add column client_documents text not null default 'closed' check (client_documents in ('closed', 'listed', 'open')),
  add column client_document_hosts text[] not null default '{}' check (pgrant.hosts_sound(client_document_hosts)),
  add column client_document_refused_hosts text[] not null default '{}' check (pgrant.hosts_sound(client_document_refused_hosts)),
  add column client_document_quota integer not null default 1000 check (client_document_quota between 0 and 1000000),
  add column client_document_rate integer not null default 120 check (client_document_rate between 1 and 1000000);

comment on column pgrant.tenants.client_documents is
  'Whose client metadata documents are taken: nobody''s (closed), those of client_document_hosts (listed), everybody''s (open).';
comment on column pgrant.tenants.client_document_hosts is
  'With client_documents listed: the hosts that may publish clients; *.example.com = every host below example.com.';
comment on column pgrant.tenants.client_document_refused_hosts is
  'The hosts that may not publish clients, whatever else is set; *.example.com = every host below example.com.';
comment on column pgrant.tenants.client_document_quota is 'How many clients may live at once that came from a document.';
comment on column pgrant.tenants.client_document_rate is
  'For how many authorization requests in an hour a document is fetched, per address (IPv4) or /64 (IPv6) that sends them.';

comment on constraint tenants_client_document_hosts_check on pgrant.tenants is 'a list of host names in lower case, such as ["claude.ai", "*.example.com"]';
comment on constraint tenants_client_document_refused_hosts_check on pgrant.tenants is 'a list of host names in lower case, such as ["evil.example"]';
comment on constraint tenants_client_document_quota_check on pgrant.tenants is 'a whole number from 0 to 1000000';
comment on constraint tenants_client_document_rate_check on pgrant.tenants is 'a whole number from 1 to 1000000';

alter table pgrant.clients
  add column document_fetched_at timestamptz,
  add column document_expires_at timestamptz,
  drop constraint clients_registered,
  add constraint clients_registered check ((registered_at is null) = (expires_at is null)
    and (registered_at is not null and document_fetched_at is null) = (registration_token_hash is not null)),
  add constraint clients_document check ((document_fetched_at is null) = (document_expires_at is null)
    and (document_fetched_at is null or registered_at is not null and client_id ~ '^https?://'));

comment on column pgrant.clients.document_fetched_at is
  'Set on a client that came from the document at its client_id: when that was last fetched and good.';
comment on column pgrant.clients.document_expires_at is
  'Until when the document is fresh; after that it is fetched again before the next authorization request.';
comment on column pgrant.clients.registered_at is
  'Set on a client that registered itself, or came from a document: when.';
comment on column pgrant.clients.expires_at is
  'Until when a client that registered itself or came from a document lives: an hour where it is never used, then registered_idle_lifetime from each use. Null = for ever.';

grant select (document_fetched_at) on pgrant.clients to pgrant_janitor;

create index clients_document_live on pgrant.clients (tenant_id, expires_at) where document_fetched_at is not null;

comment on table pgrant.login_failures is
  'Counters in windows that end at expires_at: failed logins per username and address prefix, per username, and per address prefix; registrations, and fetches of client documents, per address prefix.';
