-- Reports: clients, what they authenticate with, and the keys that sign.

create view pgrant_report.clients with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, c.client_id, c.name as client_name,
       case when c.maker_id is not null then 'credential'
            when c.grant_types <@ array['client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer'] then 'machine'
            else c.application_type end as kind,
       c.token_endpoint_auth_method, c.grant_types, c.redirect_uris, c.scopes, c.consent, c.require_pkce, c.access_token_format,
       m.username as maker, c.allowed_networks,
       case when c.document_fetched_at is not null then 'document' when c.registered_at is not null then 'itself' else 'operator' end
         as registered_by, c.registered_from,
       c.software_id, c.created_at, c.expires_at, c.disabled_at,
       (select count(*) from pgrant.client_secrets s
         where s.tenant_id = c.tenant_id and s.client_id = c.client_id and s.expires_at > now()) as live_secrets,
       (select count(*) from pgrant.grants g
         where g.tenant_id = c.tenant_id and g.client_id = c.client_id and g.revoked_at is null and g.expires_at > now()) as grants,
       greatest(
         c.last_used_at,
         (select max(s.last_used_at) from pgrant.client_secrets s
           where s.tenant_id = c.tenant_id and s.client_id = c.client_id)) as last_used_at
  from pgrant.clients c
  join pgrant.issuers i on i.tenant_id = c.tenant_id
  left join pgrant.users m on m.tenant_id = c.tenant_id and m.user_id = c.maker_id;

comment on view pgrant_report.clients is 'Applications and API credentials. grants reads all grants of the client, and only where you select it.';
comment on column pgrant_report.clients.kind is 'web or native (acts for people), machine (for itself, by client_credentials or a JWT bearer grant, RFC 7523), or credential (an API key that a person made).';
comment on column pgrant_report.clients.token_endpoint_auth_method is 'How it authenticates: none (a public client), or one of pgrant.auth_methods(), such as client_secret_basic or private_key_jwt.';
comment on column pgrant_report.clients.grant_types is 'What it may use at the token endpoint.';
comment on column pgrant_report.clients.redirect_uris is 'Where codes may be sent.';
comment on column pgrant_report.clients.scopes is 'What it may ask for; null = every scope of the tenant.';
comment on column pgrant_report.clients.consent is 'remember, assured, always, or never (a first-party client).';
comment on column pgrant_report.clients.require_pkce is 'False where a confidential client was let off PKCE (RFC 9700 2.1.1).';
comment on column pgrant_report.clients.access_token_format is 'jwt or opaque; null = the tenant''s.';
comment on column pgrant_report.clients.maker is 'Username of the person who made the credential; null for applications.';
comment on column pgrant_report.clients.allowed_networks is 'From where it may authenticate; null = from anywhere.';
comment on column pgrant_report.clients.registered_by is 'operator (or a person, for credentials), itself (RFC 7591), or document: the metadata at the URL that is its client_id.';
comment on column pgrant_report.clients.registered_from is 'From which address (IPv4) or /64 (IPv6) it came, where no operator registered it.';
comment on column pgrant_report.clients.software_id is 'Which software it says it is.';
comment on column pgrant_report.clients.created_at is 'When it was made.';
comment on column pgrant_report.clients.expires_at is 'When a client that no operator registered is removed unless it is used; null = never.';
comment on column pgrant_report.clients.disabled_at is 'Since when everything of it is refused; null = enabled.';
comment on column pgrant_report.clients.live_secrets is 'How many secrets are good now.';
comment on column pgrant_report.clients.grants is 'How many people let it act for them now.';
comment on column pgrant_report.clients.last_used_at is 'When it last got a token, to the day, or its key was last used, to the minute. Null = never.';

create function pgrant_report.stale_clients(p_unused_for interval default interval '90 days')
returns setof pgrant_report.clients
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select c.* from pgrant_report.clients c
   where c.disabled_at is null
     and c.created_at < now() - p_unused_for
     and coalesce(c.last_used_at < now() - p_unused_for, true);
end
$$;

comment on function pgrant_report.stale_clients(interval) is
  'Applications and API credentials that are enabled and have not been used for so long (90 days): candidates for client disable. Those that are younger are left out.';

create view pgrant_report.secret_expiries with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, case when c.maker_id is null then 'client secret' else 'API key' end as kind,
       s.secret_id as id, c.client_id, c.name, s.created_at, s.expires_at, s.expires_at - now() as expires_in,
       (select count(*) from pgrant.client_secrets o
         where o.tenant_id = s.tenant_id and o.client_id = s.client_id and o.expires_at > s.expires_at) as successors
  from pgrant.client_secrets s
  join pgrant.clients c on c.tenant_id = s.tenant_id and c.client_id = s.client_id
  join pgrant.issuers i on i.tenant_id = s.tenant_id
 where s.expires_at < 'infinity'
union all
select i.tenant_id, i.name || '', 'initial access token', k.token_id, null, k.name, k.created_at, k.expires_at, k.expires_at - now(), 0
  from pgrant.registration_tokens k
  join pgrant.issuers i on i.tenant_id = k.tenant_id
 where k.expires_at < 'infinity';

comment on view pgrant_report.secret_expiries is 'Secrets that expire, such as where expires_in < interval ''30 days''. Those that never do are not here; those that have are deleted within a minute.';
comment on column pgrant_report.secret_expiries.kind is 'client secret, API key, or initial access token (RFC 7591).';
comment on column pgrant_report.secret_expiries.id is 'What client secret remove and registration token remove take.';
comment on column pgrant_report.secret_expiries.name is 'Name of the client, or of the initial access token.';
comment on column pgrant_report.secret_expiries.created_at is 'When it was made.';
comment on column pgrant_report.secret_expiries.expires_at is 'When it stops to be good.';
comment on column pgrant_report.secret_expiries.expires_in is 'How long that is from now.';
comment on column pgrant_report.secret_expiries.successors is 'How many secrets of the same client outlive it: where there are none, the client stops working.';

create view pgrant_report.signing_keys with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, k.kid, k.alg,
       case when k.expires_at <= now() then 'expired'
            when k.active_at > now() then 'published'
            when k.active_at = max(k.active_at) filter (where k.active_at <= now()) over (partition by k.tenant_id, k.alg)
              then 'active'
            else 'retired' end as state,
       k.created_at, k.active_at, nullif(k.expires_at, 'infinity') as expires_at,
       k.active_at + make_interval(secs => t.key_rotation_interval) as successor_due_at
  from pgrant.signing_keys k
  join pgrant.tenants t on t.tenant_id = k.tenant_id
  join pgrant.issuers i on i.tenant_id = k.tenant_id;

comment on view pgrant_report.signing_keys is 'Signing keys and their states. The worker publishes the next key of each algorithm before successor_due_at of the active one.';
comment on column pgrant_report.signing_keys.kid is 'Key id, as in the JWKS and in the header of what it signed.';
comment on column pgrant_report.signing_keys.alg is 'By what it signs, and nothing else does (RFC 7518 3.1).';
comment on column pgrant_report.signing_keys.state is 'published (not signing yet), active, retired (still published for what it signed), or expired.';
comment on column pgrant_report.signing_keys.created_at is 'When it was published.';
comment on column pgrant_report.signing_keys.active_at is 'When it begins or began to sign.';
comment on column pgrant_report.signing_keys.expires_at is 'When it is no longer published; null = not before it has a successor.';
comment on column pgrant_report.signing_keys.successor_due_at is 'When the next one has to sign, by the tenant''s key_rotation_interval.';
