-- Reports: what people allowed, what hangs on it, and what went wrong with it.
-- In reports the name of a tenant is the expression that issuers_name is on, which an order by tenant follows: of the name itself
-- all rows would be sorted.

create view pgrant_report.active_grants with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, g.grant_id, g.user_id, u.username, g.client_id, c.name as client_name, g.scopes,
       g.claims, g.resources, g.authorization_details, g.assertion_issuer, g.created_at, g.consented_at,
       nullif(g.consent_expires_at, 'infinity') as consent_expires_at,
       greatest(g.last_used_at, (select max(f.last_used_at) from pgrant.token_families f
                                  where f.tenant_id = g.tenant_id and f.grant_id = g.grant_id)) as last_used_at,
       (select count(*) from pgrant.token_families f
         where f.tenant_id = g.tenant_id and f.grant_id = g.grant_id
           and f.revoked_at is null and f.idle_expires_at > now()) as live_families,
       case when i.disabled_at is not null then 'tenant disabled'
            when u.disabled_at is not null then 'person disabled'
            when c.disabled_at is not null or c.expires_at <= now() then 'client disabled' end as disabled
  from pgrant.grants g
  -- Each grant has both: an outer join is left out of the plan where nothing of it is asked for, as in a count.
  left join pgrant.users u on u.tenant_id = g.tenant_id and u.user_id = g.user_id
  left join pgrant.clients c on c.tenant_id = g.tenant_id and c.client_id = g.client_id
  join pgrant.issuers i on i.tenant_id = g.tenant_id
 where g.revoked_at is null
   and g.expires_at > now();

comment on view pgrant_report.active_grants is 'What people let applications do now: one row per person and application. With disabled it gives no token until what is disabled is enabled again: add disabled is null to leave those out. Filter by tenant, username or client_id; grant_page walks through all. last_used_at is looked up in the families of each grant: a condition on it and an order by it read them all, seconds a million. Which were used last says grant_uses, which are used no more stale_grants.';
comment on column pgrant_report.active_grants.scopes is 'All that was consented to. What of it is effective now: grant_scopes.';
comment on column pgrant_report.active_grants.claims is 'Claims that were asked for one by one (OpenID Connect Core 5.5) and consented to.';
comment on column pgrant_report.active_grants.resources is 'The resources (RFC 8707) that were consented to; {} = the tenant''s own audience.';
comment on column pgrant_report.active_grants.authorization_details is 'What was consented to beside scopes (RFC 9396).';
comment on column pgrant_report.active_grants.assertion_issuer is
  'The issuer by whose identity assertion (ID-JAG) it was made or extended; null = the person has consented to all of it.';
comment on column pgrant_report.active_grants.created_at is 'Since when.';
comment on column pgrant_report.active_grants.consented_at is 'When the person last said yes.';
comment on column pgrant_report.active_grants.consent_expires_at is 'Until when the person is not asked again; null = for ever. Tokens that were given live on.';
comment on column pgrant_report.active_grants.last_used_at is 'When the application last got a token by it; null = never.';
comment on column pgrant_report.active_grants.live_families is 'How many token families live on it: about the number of devices.';
comment on column pgrant_report.active_grants.disabled is
  'Why it gives no token though it is active, as in grant_scopes.reason: tenant disabled, person disabled, or client disabled (or past its expiry). Null = nothing is disabled.';

create view pgrant_report.grant_scopes with (security_invoker = true) as
select e.tenant_id, e.tenant, e.grant_id, e.user_id, e.username, e.client_id, e.client_name, e.scope, e.registered, e.held,
       coalesce(e.left_out, case when not e.held then 'role missing' end) as reason,
       coalesce(e.left_out, case when not e.held then 'role missing' end) is null as effective
  from (
    select i.tenant_id, i.name || '' as tenant, g.grant_id, g.user_id, u.username, g.client_id, c.name as client_name, x.scope,
           coalesce(x.scope = any (c.scopes), true) as registered,
           case when s.requires_role then
             exists (select r.scope from pgrant.user_roles r
                      where r.tenant_id = g.tenant_id and r.user_id = g.user_id and r.scope = x.scope)
             or exists (select r.scope from pgrant.group_members m
                          join pgrant.group_roles r on r.tenant_id = m.tenant_id and r.group_name = m.group_name
                         where m.tenant_id = g.tenant_id and m.user_id = g.user_id and r.scope = x.scope) end as held,
           case when i.disabled_at is not null then 'tenant disabled'
                when u.disabled_at is not null then 'person disabled'
                when c.disabled_at is not null or c.expires_at <= now() then 'client disabled'
                when s.scope is null then 'undefined'
                when s.disabled_at is not null then 'disabled'
                when not x.scope = any (c.scopes) then 'not registered' end as left_out
      from pgrant.grants g
      join pgrant.users u on u.tenant_id = g.tenant_id and u.user_id = g.user_id
      join pgrant.clients c on c.tenant_id = g.tenant_id and c.client_id = g.client_id
      join pgrant.issuers i on i.tenant_id = g.tenant_id
     cross join unnest(g.scopes) x (scope)
      left join pgrant.scopes s on s.tenant_id = g.tenant_id and s.scope = x.scope
     where g.revoked_at is null
       and g.expires_at > now()
  ) e;

comment on view pgrant_report.grant_scopes is 'Each scope of each active grant, whether a token would carry it at this moment, and why not. The rules are those of the server: consented, of the client''s, of the person''s current roles.';
comment on column pgrant_report.grant_scopes.registered is 'Whether the client may ask for it.';
comment on column pgrant_report.grant_scopes.held is 'Whether the person has the role now; null = none is needed.';
comment on column pgrant_report.grant_scopes.reason is 'Why it is left out: tenant disabled, person disabled, client disabled (or past its expiry), undefined, disabled, not registered, or role missing. Null = it is effective.';
comment on column pgrant_report.grant_scopes.effective is 'Whether a token would carry it now.';

create view pgrant_report.refresh_families with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, f.family_id, g.grant_id, g.user_id, u.username, g.client_id, c.name as client_name,
       case when f.revoked_at is not null then 'revoked'
            when f.expires_at <= now() then 'expired'
            when f.idle_expires_at <= now() then 'idle too long'
            else 'live' end as state,
       f.generation, f.replays_total as replays, f.scopes, f.resources, f.authorization_details, f.cnf, f.offline,
       f.session_id, f.auth_time, f.acr, f.amr,
       f.created_at, f.last_used_at, f.idle_expires_at, f.expires_at, f.revoked_at, f.revoked_reason, f.sweep_after,
       case when i.disabled_at is not null then 'tenant disabled'
            when u.disabled_at is not null then 'person disabled'
            when c.disabled_at is not null or c.expires_at <= now() then 'client disabled' end as disabled
  from pgrant.token_families f
  -- Of a person or a client by its grants: families have no index for either. Outer joins as in active_grants.
  left join pgrant.grants g on g.tenant_id = f.tenant_id and g.grant_id = f.grant_id
  left join pgrant.users u on u.tenant_id = f.tenant_id and u.user_id = g.user_id
  left join pgrant.clients c on c.tenant_id = f.tenant_id and c.client_id = g.client_id
  join pgrant.issuers i on i.tenant_id = f.tenant_id;

comment on view pgrant_report.refresh_families is 'What each code gave: one row per family of tokens, dead ones until they are swept (revoked ones after 90 days). family_page walks through all, or those of a state: it finds those that are idle too long or expired by an index, which a condition on state cannot. A page in the order of family_id, or of sweep_after desc, comes by an index (where you read all tenants, filter by tenant_id); any other order reads and sorts all of the tenant, seconds a million, for no index is on what a refresh changes: which were used last says family_uses. By username they come with username > ''last of the page before'' (from '''' on). A count by state reads them all, too, half a second a million; family_counts counts in indexes.';
comment on column pgrant_report.refresh_families.state is 'live, revoked, expired, or idle too long.';
comment on column pgrant_report.refresh_families.generation is 'How many refresh tokens it has had: 1 + the number of rotations.';
comment on column pgrant_report.refresh_families.replays is 'How often a predecessor was presented within the replay window and got the same successor again: lost answers and tabs in parallel.';
comment on column pgrant_report.refresh_families.scopes is 'The scopes that the code was for.';
comment on column pgrant_report.refresh_families.resources is 'What its access tokens may be for; {} = the tenant''s own audience.';
comment on column pgrant_report.refresh_families.authorization_details is 'What its tokens may be good for beside scopes (RFC 9396).';
comment on column pgrant_report.refresh_families.cnf is 'The key that its refresh tokens are bound to (RFC 9449 5); null = none, or they are the client''s that authenticates.';
comment on column pgrant_report.refresh_families.offline is 'Whether it survives the end of the browser session.';
comment on column pgrant_report.refresh_families.session_id is 'The browser session in which it was given (sid).';
comment on column pgrant_report.refresh_families.auth_time is 'When the person had signed in.';
comment on column pgrant_report.refresh_families.acr is 'How strongly: authentication context, where one is known.';
comment on column pgrant_report.refresh_families.amr is 'How: methods (RFC 8176).';
comment on column pgrant_report.refresh_families.created_at is 'When the code was redeemed.';
comment on column pgrant_report.refresh_families.last_used_at is 'When it was last rotated, or made.';
comment on column pgrant_report.refresh_families.idle_expires_at is 'When it dies unless it is used; slides with each use.';
comment on column pgrant_report.refresh_families.expires_at is 'When it dies however often it is used.';
comment on column pgrant_report.refresh_families.revoked_at is 'When it was revoked; null = it was not.';
comment on column pgrant_report.refresh_families.revoked_reason is 'Why it was revoked.';
comment on column pgrant_report.refresh_families.disabled is
  'Why it gives no token though it is live, as in active_grants. Null = nothing is disabled.';
comment on column pgrant_report.refresh_families.sweep_after is 'It is deleted after this day (UTC), once it is over: within 9 days of its end.';

create view pgrant_report.sessions with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, s.session_id, s.user_id, u.username,
       case when s.ended_at is not null then 'ended'
            when s.expires_at <= now() then 'expired'
            when s.idle_expires_at <= now() then 'idle too long'
            when i.disabled_at is not null then 'tenant disabled'
            when u.disabled_at is not null then 'person disabled'
            else 'live' end as state,
       s.auth_time, s.acr, s.amr, s.last_seen_at, s.idle_expires_at, s.expires_at, s.ended_at, s.address,
       s.user_agent
  from pgrant.sessions s
  join pgrant.users u on u.tenant_id = s.tenant_id and u.user_id = s.user_id
  join pgrant.issuers i on i.tenant_id = s.tenant_id;

comment on view pgrant_report.sessions is 'Signed-in browsers, and those of the last days. A sign-in that is renewed in one browser keeps its session_id, and has a row for each. session_page walks through all.';
comment on column pgrant_report.sessions.session_id is 'The sid of its ID tokens.';
comment on column pgrant_report.sessions.state is 'live, ended, expired, idle too long, tenant disabled, or person disabled.';
comment on column pgrant_report.sessions.auth_time is 'When the person signed in.';
comment on column pgrant_report.sessions.acr is 'How strongly: authentication context, where one is known.';
comment on column pgrant_report.sessions.amr is 'How: methods (RFC 8176).';
comment on column pgrant_report.sessions.last_seen_at is 'When it was last used, to the minute.';
comment on column pgrant_report.sessions.idle_expires_at is 'When it dies unless it is used.';
comment on column pgrant_report.sessions.expires_at is 'When it dies however often it is used.';
comment on column pgrant_report.sessions.address is 'From where the person signed in; null = not known.';
comment on column pgrant_report.sessions.user_agent is 'What the browser called itself then; null = it said nothing.';
comment on column pgrant_report.sessions.ended_at is 'When it was ended: logout, another sign-in, a new password, a disabled person. Null = it was not.';
