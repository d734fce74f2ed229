-- Reports: clients that no operator registered, how many there are, and from where they come.

create view pgrant_report.registered_clients with (security_invoker = true) as
select c.tenant_id, i.name as tenant, c.client_id, c.name as client_name,
       case when c.document_fetched_at is null then 'itself' else 'document' end as registered_by,
       case when c.disabled_at is not null then 'disabled'
            when c.expires_at <= now() then 'expired'
            when c.last_used_at is not null then 'used'
            when c.requested_at is not null then 'tried'
            else 'unused' end as state,
       c.registered_from, c.registered_at, c.requested_at, c.last_used_at, c.expires_at, c.redirect_uris, c.software_id
  from pgrant.clients c
  join pgrant.issuers i on i.tenant_id = c.tenant_id
 where c.registered_at is not null;

comment on view pgrant_report.registered_clients is 'Clients that registered themselves (RFC 7591) or came from a document at their client_id.';
comment on column pgrant_report.registered_clients.registered_by is 'itself or document.';
comment on column pgrant_report.registered_clients.state is 'unused, tried (a person was sent here), used (it got a token), expired (nothing is granted to it any more; the worker removes it), or disabled.';
comment on column pgrant_report.registered_clients.registered_from is 'From which address (IPv4) or /64 (IPv6) it came.';
comment on column pgrant_report.registered_clients.registered_at is 'When it came.';
comment on column pgrant_report.registered_clients.requested_at is 'When a person was first sent here by one that registered itself; null = never.';
comment on column pgrant_report.registered_clients.last_used_at is 'When it last got a token, to the day; null = never.';
comment on column pgrant_report.registered_clients.expires_at is 'When it dies unless it is used.';
comment on column pgrant_report.registered_clients.redirect_uris is 'Where it has codes sent.';
comment on column pgrant_report.registered_clients.software_id is 'Which software it says it is.';

create view pgrant_report.registration_attempts with (security_invoker = true) as
select a.tenant_id, a.tenant, case a.action when 'registration.add' then 'itself' else 'document' end as registered_by,
       network(set_masklen(a.address, case family(a.address) when 4 then 32 else 64 end)) as registered_from,
       a.at, a.error, a.reason, a.times as attempts
  from pgrant_report.audit_events a
 where a.action in ('registration.add', 'client_document.store', 'client_document.refuse')
   and a.at > now() - interval '1 day';

comment on view pgrant_report.registration_attempts is 'Each attempt of the last day to register, or to have a document taken, granted or not; refusals that repeat within a minute are one row.';
comment on column pgrant_report.registration_attempts.registered_by is 'itself or document.';
comment on column pgrant_report.registration_attempts.registered_from is 'From which address (IPv4) or /64 (IPv6) it came.';
comment on column pgrant_report.registration_attempts.at is 'When.';
comment on column pgrant_report.registration_attempts.error is 'Why it was refused; null = it was granted.';
comment on column pgrant_report.registration_attempts.reason is 'The same in words.';
comment on column pgrant_report.registration_attempts.attempts is 'How many attempts the row stands for.';

create view pgrant_report.registrations with (security_invoker = true) as
select i.tenant_id, i.name as tenant, k.registered_by, k.policy, k.quota, k.rate,
       coalesce(n.live, 0) as live, round(coalesce(n.live, 0)::numeric / nullif(k.quota, 0), 2) as quota_share,
       coalesce(n.unused, 0) as unused, coalesce(n.expired, 0) as expired, coalesce(n.addresses, 0) as addresses,
       coalesce(r.last_hour, 0) as last_hour, coalesce(r.last_day, 0) as last_day,
       coalesce(r.refused_last_hour, 0) as refused_last_hour, coalesce(r.refused_last_day, 0) as refused_last_day,
       coalesce(r.most_from_one_address, 0) as most_from_one_address
  from pgrant.tenants t
  join pgrant.issuers i on i.tenant_id = t.tenant_id
 cross join lateral (values ('itself', t.registration, t.registration_quota, t.registration_rate),
                            ('document', t.client_documents, t.client_document_quota, t.client_document_rate))
                     k (registered_by, policy, quota, rate)
  -- Grouped by the tenant that each asks for: without, Citus does not see that all of it is on one node.
  left join lateral (
    select count(*) filter (where c.expires_at > now()) as live,
           count(*) filter (where c.expires_at > now() and c.last_used_at is null) as unused,
           count(*) filter (where c.expires_at <= now()) as expired,
           count(distinct c.registered_from) as addresses
      from pgrant.clients c
     where c.tenant_id = t.tenant_id and c.registered_at is not null
       and (c.document_fetched_at is null) = (k.registered_by = 'itself')
     group by c.tenant_id) n on true
  left join lateral (
    select sum(f.granted_last_hour)::bigint as last_hour, sum(f.granted)::bigint as last_day,
           sum(f.refused_last_hour)::bigint as refused_last_hour, sum(f.refused)::bigint as refused_last_day,
           max(f.granted_last_hour + f.refused_last_hour)::bigint as most_from_one_address
      from (select a.tenant_id,
                   count(*) filter (where a.error is null) as granted,
                   coalesce(sum(a.attempts) filter (where a.error is not null), 0) as refused,
                   count(*) filter (where a.error is null and a.at > now() - interval '1 hour') as granted_last_hour,
                   coalesce(sum(a.attempts) filter (where a.error is not null and a.at > now() - interval '1 hour'), 0) as refused_last_hour
              from pgrant_report.registration_attempts a
             where a.tenant_id = t.tenant_id and a.registered_by = k.registered_by
             group by a.tenant_id, a.registered_from) f
     group by f.tenant_id) r on true;

comment on view pgrant_report.registrations is 'What bounds clients that no operator registered, and how near each tenant is to it: one row for those that register themselves, one for those from documents.';
comment on column pgrant_report.registrations.registered_by is 'itself or document.';
comment on column pgrant_report.registrations.policy is 'Who may: closed, token or open; for documents closed, listed or open.';
comment on column pgrant_report.registrations.quota is 'How many may live at once.';
comment on column pgrant_report.registrations.rate is 'How many an address (IPv4) or /64 (IPv6) may have in a clock hour, attempts included.';
comment on column pgrant_report.registrations.live is 'How many live.';
comment on column pgrant_report.registrations.quota_share is 'live / quota; at 1 nobody else gets in. Null where the quota is 0.';
comment on column pgrant_report.registrations.unused is 'How many of those that live have never got a token.';
comment on column pgrant_report.registrations.expired is 'How many are waiting for the worker to remove them.';
comment on column pgrant_report.registrations.addresses is 'From how many addresses they came.';
comment on column pgrant_report.registrations.last_hour is 'How many were granted in the last 60 minutes.';
comment on column pgrant_report.registrations.last_day is 'How many were granted in the last 24 hours.';
comment on column pgrant_report.registrations.refused_last_hour is 'How many were refused in the last 60 minutes: registration_attempts says why.';
comment on column pgrant_report.registrations.refused_last_day is 'How many were refused in the last 24 hours.';
comment on column pgrant_report.registrations.most_from_one_address is 'The attempts of the last 60 minutes from the address that made the most.';

create view pgrant_report.registration_tokens with (security_invoker = true) as
select k.tenant_id, i.name as tenant, k.token_id, k.name,
       case when k.expires_at <= now() then 'expired' when k.uses_left = 0 then 'spent' else 'good' end as state,
       k.used, k.uses_left, k.machine_scopes, k.created_at, k.last_used_at, nullif(k.expires_at, 'infinity') as expires_at
  from pgrant.registration_tokens k
  join pgrant.issuers i on i.tenant_id = k.tenant_id;

comment on view pgrant_report.registration_tokens is 'Initial access tokens (RFC 7591 3), by which clients register that somebody vouches for.';
comment on column pgrant_report.registration_tokens.token_id is 'What registration token remove takes.';
comment on column pgrant_report.registration_tokens.name is 'Its name.';
comment on column pgrant_report.registration_tokens.state is 'good, spent or expired.';
comment on column pgrant_report.registration_tokens.used is 'How many clients it has registered.';
comment on column pgrant_report.registration_tokens.uses_left is 'How many more it may register; null = any number.';
comment on column pgrant_report.registration_tokens.machine_scopes is 'What its clients may have for themselves; null = they act for people only.';
comment on column pgrant_report.registration_tokens.created_at is 'When it was made.';
comment on column pgrant_report.registration_tokens.last_used_at is 'When a client last registered with it; null = never.';
comment on column pgrant_report.registration_tokens.expires_at is 'When it stops to be good; null = never.';
