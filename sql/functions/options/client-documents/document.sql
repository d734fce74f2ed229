-- Clients whose client_id is the URL of their metadata (draft-ietf-oauth-client-id-metadata-document): whose, how many, how fresh.

create function pgrant_rules.host_listed(p_host text, p_hosts text[]) returns boolean
language sql immutable
as $$
  select exists (select from unnest(p_hosts) h (host)
                  where h.host = p_host or h.host like '*.%' and right(p_host, length(h.host) - 1) = substr(h.host, 2))
$$;

comment on function pgrant_rules.host_listed(text, text[]) is
  'Whether a host is one of these, or below one of those that begin with *. (which do not mean the host itself).';

create function pgrant_rules.client_document_allowed(p_policy pgrant.tenants, p_client_url text) returns boolean
language plpgsql immutable
as $$
declare
  v_host text := pgrant_rules.client_document_host(p_client_url);
begin
  return v_host is not null
     and p_client_url ~ '^[\x21-\x7E]{1,255}$'
     and (p_client_url like 'https:%'
          or v_host in ('localhost', '127.0.0.1', '[::1]') and p_policy.issuer like 'http:%')
     and not pgrant_rules.host_listed(v_host, p_policy.client_document_refused_hosts)
     and (p_policy.client_documents = 'open'
          or p_policy.client_documents = 'listed' and pgrant_rules.host_listed(v_host, p_policy.client_document_hosts));
end
$$;

comment on function pgrant_rules.client_document_allowed(pgrant.tenants, text) is
  'Whether the tenant takes clients that are described by the document at this URL. http is for loopback, at an issuer on loopback (as in development).';

create function pgrant_rules.client_document_full(p_tenant uuid, p_quota integer) returns boolean
language plpgsql
as $$
begin
  return (select count(*) from pgrant.clients c
           where c.tenant_id = p_tenant and c.document_fetched_at is not null and c.expires_at > now()) >= p_quota;
end
$$;

comment on function pgrant_rules.client_document_full(uuid, integer) is
  'Whether the tenant has as many clients from documents as it may. Exact while the tenant''s row is locked.';

create function pgrant_rules.client_document_idle(p_tenant uuid) returns text
language plpgsql stable
as $$
begin
  return (
    select c.client_id
      from pgrant.clients c
     where c.tenant_id = p_tenant and c.document_fetched_at < now() - interval '1 hour' and c.last_used_at is null
       and c.expires_at > now() and coalesce(c.requested_at < now() - interval '1 hour', true)
       and num_nonnulls(c.disabled_at, c.operator_requires, c.scopes) = 0
     order by c.document_fetched_at, c.client_id limit 1);
end
$$;

comment on function pgrant_rules.client_document_idle(uuid) is
  'Which client gives its place to another at client_document_quota: the one whose document was fetched longest ago, of those for which nobody came within the hour, and which never got a token; its document may be fetched again. None that an operator has disabled or bound (operator_requires, scopes). Null = none.';

create function pgrant_rules.client_document_yield(p_tenant uuid) returns void
language plpgsql
as $$
declare
  v_client_id text := pgrant_rules.client_document_idle(p_tenant);
begin
  perform from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = v_client_id for update skip locked;
  if found then
    perform pgrant_rules.client_delete(p_tenant, v_client_id, 'registration.remove');
    perform pgrant_rules.audit(p_tenant, 'registration.remove', null, 'client_document_quota reached, and it never got a token',
                               v_client_id);
  end if;
end
$$;

comment on function pgrant_rules.client_document_yield(uuid) is
  'Makes room at client_document_quota: strangers alone, who sign nobody in, keep no client out. See client_document_idle.';

create or replace function pgrant_rules.client_document_step(
  p_tenant uuid, p_client_id text, p_fresh_until timestamptz, p_address inet
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization;
  v_policy pgrant.tenants;
begin
  if pgrant_rules.client_document_host(p_client_id) is null then
    v_out.error := 'unknown_client';
    v_out.reason := 'client unknown or disabled';
    return v_out;
  end if;
  select t.* into v_policy from pgrant.tenants t where t.tenant_id = p_tenant;
  if not found or not pgrant_rules.client_document_allowed(v_policy, p_client_id) then
    v_out.error := 'unknown_client';
    v_out.reason := 'the tenant takes no client documents, or none of this host';
  elsif p_fresh_until > now() then
    return v_out;
  elsif exists (select from pgrant.clients c
                 where c.tenant_id = p_tenant and c.client_id = p_client_id
                   and (c.disabled_at is not null or c.document_fetched_at is null)) then
    v_out.error := 'unknown_client';
    v_out.reason := 'client unknown or disabled';
  elsif p_fresh_until is null and pgrant_rules.client_document_full(p_tenant, v_policy.client_document_quota)
        and pgrant_rules.client_document_idle(p_tenant) is null then
    v_out.error := 'temporarily_unavailable';
    v_out.reason := 'client_document_quota reached';
  elsif pgrant_rules.hourly_retry_after(p_tenant, 'client document', pgrant_rules.address_prefix(p_address),
                                        v_policy.client_document_rate) is not null then
    v_out.error := 'too_many_attempts';
    v_out.reason := 'client_document_rate reached';
  else
    v_out.next := 'document';
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.client_document_step(uuid, text, timestamptz, inet) is
  'Before the authorization request of a client that is unknown (p_fresh_until null) or came from a document: next = document where it has to be fetched, an error, or neither where the client is good as it is. Counts what is fetched, before it is. Errors: unknown_client, temporarily_unavailable, too_many_attempts.';

create type pgrant_api.client_document as (
  error   pgrant_api.error,
  reason  text,
  detail  text
);

comment on type pgrant_api.client_document is 'The document at a client_id was taken, unless there is an error.';
comment on column pgrant_api.client_document.detail is 'Which value was refused and why, for the client''s developers; null = none was.';

create function pgrant_api.client_document_store(
  p_tenant uuid, p_request_id text, p_address inet, p_client_url text, p_metadata jsonb, p_fresh_for integer
) returns pgrant_api.client_document
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_action constant text := 'client_document.store';
  v_out pgrant_api.client_document;
  v_policy pgrant.tenants;
  v_shape pgrant_rules.registered_shape;
  v_before pgrant.clients;
  v_client pgrant.clients;
  v_fresh_until timestamptz := now() + make_interval(secs => least(greatest(p_fresh_for, 60), 86400));
  v_now timestamptz := now();
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  -- One document of the tenant at a time, so that what is counted stays true.
  select t.* into v_policy from pgrant.tenants t where t.tenant_id = p_tenant for no key update;
  select c.* into v_before from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_url for no key update;
  if v_policy.tenant_id is null or not pgrant_rules.client_document_allowed(v_policy, p_client_url)
     or v_before.disabled_at is not null or (v_before.client_id is not null and v_before.document_fetched_at is null) then
    v_out.error := 'unknown_client';
    v_out.reason := 'client disabled, or the tenant takes no document of this host';
  else
    v_shape := pgrant_rules.registration_shape(p_tenant, p_metadata, null);
    v_out.error := v_shape.error;
    v_out.reason := v_shape.reason;
    v_out.detail := v_shape.detail;
  end if;
  if v_out.error is null and coalesce(v_before.expires_at <= v_now, true)
     and pgrant_rules.client_document_full(p_tenant, v_policy.client_document_quota) then
    -- For one that is good, and no other.
    perform pgrant_rules.client_document_yield(p_tenant);
    if pgrant_rules.client_document_full(p_tenant, v_policy.client_document_quota) then
      v_out.error := 'temporarily_unavailable';
      v_out.reason := 'client_document_quota reached';
    end if;
  end if;
  if v_out.error is not null then
    v_out.error := pgrant_rules.audit(p_tenant, v_action, v_out.error, v_out.reason, p_client_url,
                                      p_detail => pgrant_rules.refused_value(v_out.detail));
    return v_out;
  end if;

  if v_before.client_id is null then
    v_client := v_shape.client;
    v_client.tenant_id := p_tenant;
    v_client.client_id := p_client_url;
    v_client.consent := v_policy.registered_consent;
    v_client.draft := false;
    v_client.created_at := v_now;
    v_client.registered_at := v_now;
    v_client.registered_from := pgrant_rules.address_prefix(p_address);
    v_client.expires_at := v_now + interval '1 hour';
    v_client.document_fetched_at := v_now;
    v_client.document_expires_at := v_fresh_until;
    v_client.identity_changed_at := v_now;
    insert into pgrant.clients select v_client.*;
  else
    if v_before.expires_at <= v_now then
      perform pgrant_rules.client_remember(p_tenant, p_client_url, 'client.expire');
    end if;
    v_client := pgrant_rules.registration_store(v_before, v_shape.client);
    update pgrant.clients c
       set document_fetched_at = v_now,
           document_expires_at = v_fresh_until,
           expires_at = greatest(c.expires_at, v_now + interval '1 hour')
     where c.tenant_id = p_tenant and c.client_id = p_client_url;
  end if;
  perform pgrant_rules.client_remember(p_tenant, p_client_url, v_action);
  perform pgrant_rules.audit(p_tenant, case when v_before.client_id is null then 'client_document.add'
                                            when v_client.identity_changed_at <> v_before.identity_changed_at then 'client_document.change'
                                            else v_action end, null, null, p_client_url,
                             p_detail => pgrant_rules.registration_event(v_client)
    || jsonb_build_object('fresh_until', v_fresh_until));
  return v_out;
end
$$;

comment on function pgrant_api.client_document_store(uuid, text, inet, text, jsonb, integer) is
  'Takes what the document at p_client_url says, keyed as registration_fields() says, from now on: a new client, or new metadata of a known one. It is fresh for p_fresh_for seconds, between a minute and a day. A client lives for an hour until a person is sent here by it. Errors: unknown_client, temporarily_unavailable (quota), invalid_client_metadata, invalid_redirect_uri, too_many_attempts, flood.';

create function pgrant_api.client_document_refuse(
  p_tenant uuid, p_request_id text, p_address inet, p_client_url text, p_document_fault text
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_out.error := 'invalid_client_metadata';
  v_out.reason := p_document_fault;
  perform pgrant_rules.audit(p_tenant, 'client_document.refuse', v_out.error, v_out.reason, p_client_url);
  return v_out;
end
$$;

comment on function pgrant_api.client_document_refuse(uuid, text, inet, text, text) is
  'Records that the document at p_client_url could not be fetched or is not valid, which is remembered nowhere else. Errors: invalid_client_metadata, always.';

create function pgrant_ops.client_document_list(p_tenant uuid)
returns table (client_id text, host text, name text, redirect_uris text[], registered_from cidr, registered_at timestamptz,
               document_fetched_at timestamptz, document_expires_at timestamptz, identity_changed_at timestamptz,
               last_used_at timestamptz, expires_at timestamptz, disabled_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select c.client_id, pgrant_rules.client_document_host(c.client_id), c.name, c.redirect_uris, c.registered_from, c.registered_at,
         c.document_fetched_at, c.document_expires_at, c.identity_changed_at, c.last_used_at, c.expires_at, c.disabled_at
    from pgrant.clients c
   where c.tenant_id = p_tenant and c.document_fetched_at is not null
   order by c.registered_at desc, c.client_id;
end
$$;

comment on function pgrant_ops.client_document_list(uuid) is
  'The clients that came from documents, youngest first: from which address the first request came, when the document was fetched and until when it is fresh, when the client got a token last, when it dies. Raises OA001.';
