-- Reports: tenants, people, roles and scopes. Each row is of one tenant, and the auditor's policies decide of which.

create view pgrant_report.tenants with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, i.title, i.issuer, t.created_at, i.disabled_at,
       (select count(*) from pgrant.users u where u.tenant_id = t.tenant_id) as people,
       (select count(*) from pgrant.clients c where c.tenant_id = t.tenant_id) as clients
  from pgrant.issuers i
  join pgrant.tenants t on t.tenant_id = i.tenant_id;

comment on view pgrant_report.tenants is 'The tenants that you may read.';
comment on column pgrant_report.tenants.title is 'The name that people see on the pages.';
comment on column pgrant_report.tenants.issuer is 'Issuer identifier: the URL at which the tenant answers.';
comment on column pgrant_report.tenants.created_at is 'When it was made.';
comment on column pgrant_report.tenants.disabled_at is 'Since when every endpoint refuses; null = it answers.';
comment on column pgrant_report.tenants.people is 'How many people it has; counted only where you select it.';
comment on column pgrant_report.tenants.clients is 'How many applications and API credentials it has; counted only where you select it.';

create view pgrant_report.role_holders with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, s.scope as role, u.user_id, u.username, null::text as group_name, r.source,
       r.created_at as since, s.disabled_at is null and u.disabled_at is null and i.disabled_at is null as in_force
  from pgrant.scopes s
  join pgrant.user_roles r on r.tenant_id = s.tenant_id and r.scope = s.scope
  join pgrant.users u on u.tenant_id = r.tenant_id and u.user_id = r.user_id
  join pgrant.issuers i on i.tenant_id = s.tenant_id
 where s.requires_role
union all
select i.tenant_id, i.name || '', s.scope, u.user_id, u.username, m.group_name, m.source,
       m.created_at, s.disabled_at is null and u.disabled_at is null and i.disabled_at is null
  from pgrant.scopes s
  join pgrant.group_roles g on g.tenant_id = s.tenant_id and g.scope = s.scope
  join pgrant.group_members m on m.tenant_id = g.tenant_id and m.group_name = g.group_name
  join pgrant.users u on u.tenant_id = m.tenant_id and u.user_id = m.user_id
  join pgrant.issuers i on i.tenant_id = s.tenant_id
 where s.requires_role;

comment on view pgrant_report.role_holders is 'Who has which role now: one row for each way in which somebody has it.';
comment on column pgrant_report.role_holders.role is 'The role, which is a scope at once.';
comment on column pgrant_report.role_holders.group_name is 'The group that brings it; null = the person has it directly.';
comment on column pgrant_report.role_holders.source is 'Who says so: operator, login (what the product said at the last one), or the name of an upstream.';
comment on column pgrant_report.role_holders.since is 'Since when the person has it directly, or is in the group.';
comment on column pgrant_report.role_holders.in_force is 'False where the role, the person or the tenant is disabled.';

create view pgrant_report.people with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, u.user_id, u.username, u.external_subject, u.created_at, u.disabled_at,
       array(select r.scope from pgrant.user_roles r where r.tenant_id = u.tenant_id and r.user_id = u.user_id
             union
             select g.scope from pgrant.group_members m
               join pgrant.group_roles g on g.tenant_id = m.tenant_id and g.group_name = m.group_name
              where m.tenant_id = u.tenant_id and m.user_id = u.user_id
              order by 1) as roles,
       array(select distinct m.group_name from pgrant.group_members m
              where m.tenant_id = u.tenant_id and m.user_id = u.user_id order by 1) as groups,
       array(select a.upstream from pgrant.upstream_accounts a
              where a.tenant_id = u.tenant_id and a.user_id = u.user_id order by 1) as upstreams,
       (select count(*) from pgrant.grants g
         where g.tenant_id = u.tenant_id and g.user_id = u.user_id and g.revoked_at is null and g.expires_at > now()) as grants,
       (select count(*) from pgrant.clients c where c.tenant_id = u.tenant_id and c.maker_id = u.user_id) as credentials
  from pgrant.users u
  join pgrant.issuers i on i.tenant_id = u.tenant_id;

comment on view pgrant_report.people is 'People who can sign in, with what they have now.';
comment on column pgrant_report.people.external_subject is 'What the product calls the person; null for people whom it has not signed in.';
comment on column pgrant_report.people.created_at is 'When the person was added.';
comment on column pgrant_report.people.disabled_at is 'Since when the person may do nothing; null = enabled.';
comment on column pgrant_report.people.roles is 'The roles that the person has, directly or through a group, disabled ones too.';
comment on column pgrant_report.people.groups is 'The groups that the person is in.';
comment on column pgrant_report.people.upstreams is 'The upstreams with an account of the person''s.';
comment on column pgrant_report.people.grants is 'How many applications the person lets act for them now.';
comment on column pgrant_report.people.credentials is 'How many API credentials the person has made.';

create view pgrant_report.scopes_in_use with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, s.scope, s.title, s.requires_role, s.sensitive, s.created_at, s.disabled_at,
       (select count(*) from pgrant.clients c
         where c.tenant_id = s.tenant_id and coalesce(s.scope = any (c.scopes), c.maker_id is null)) as clients,
       coalesce(g.standing, 0) as grants,
       (select count(distinct h.user_id) from pgrant_report.role_holders h
         where h.tenant_id = s.tenant_id and h.role = s.scope) as holders,
       (select coalesce(sum(f.refused), 0)::bigint from pgrant.scope_refusals f
         where f.tenant_id = s.tenant_id and f.scope = s.scope) as refused
  from pgrant.scopes s
  join pgrant.issuers i on i.tenant_id = s.tenant_id
  -- Many grants have the same few scopes together: a set of scopes is taken apart once.
  left join (
    select a.tenant_id, x.scope, sum(a.standing)::bigint as standing
      from (select n.tenant_id, n.scopes, count(*) as standing
              from pgrant.grants n
             where n.revoked_at is null and n.expires_at > now()
             group by n.tenant_id, n.scopes) a
     cross join unnest(a.scopes) x (scope)
     group by a.tenant_id, x.scope) g on g.tenant_id = s.tenant_id and g.scope = s.scope;

comment on view pgrant_report.scopes_in_use is 'Each scope of a tenant and what it is used for. The counts read all grants of the tenant, and only where you select them.';
comment on column pgrant_report.scopes_in_use.title is 'Its name for people.';
comment on column pgrant_report.scopes_in_use.requires_role is 'True for a role: effective for people who have it now. False for what anybody may allow.';
comment on column pgrant_report.scopes_in_use.sensitive is 'Shown with a warning at consent.';
comment on column pgrant_report.scopes_in_use.created_at is 'When it was defined.';
comment on column pgrant_report.scopes_in_use.disabled_at is 'Since when nobody gets it; null = enabled.';
comment on column pgrant_report.scopes_in_use.clients is 'How many clients may ask for it, those without a list of their own included.';
comment on column pgrant_report.scopes_in_use.grants is 'How many active grants contain it.';
comment on column pgrant_report.scopes_in_use.holders is 'For a role, how many people have it now.';
comment on column pgrant_report.scopes_in_use.refused is 'How often it was asked for in vain.';

create view pgrant_report.scopes_in_vain with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, f.client_id, c.name as client_name, f.scope, f.reason, f.refused, f.first_at, f.last_at,
       f.last_user_id, u.username as last_username
  from pgrant.scope_refusals f
  join pgrant.clients c on c.tenant_id = f.tenant_id and c.client_id = f.client_id
  join pgrant.issuers i on i.tenant_id = f.tenant_id
  left join pgrant.users u on u.tenant_id = f.tenant_id and u.user_id = f.last_user_id;

comment on view pgrant_report.scopes_in_vain is 'What clients asked for and did not get.';
comment on column pgrant_report.scopes_in_vain.reason is 'undefined (the tenant has no such scope), disabled, not registered (for the client), not consented, or role missing.';
comment on column pgrant_report.scopes_in_vain.refused is 'How often.';
comment on column pgrant_report.scopes_in_vain.first_at is 'When for the first time.';
comment on column pgrant_report.scopes_in_vain.last_at is 'When for the last time.';
comment on column pgrant_report.scopes_in_vain.last_user_id is 'For whom the last time; null = for nobody, by client_credentials.';
comment on column pgrant_report.scopes_in_vain.last_username is 'The username of last_user_id.';

create view pgrant_report.upstream_accounts with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, a.upstream, p.kind, a.subject, a.user_id, u.username, a.made_user, a.created_at,
       a.checked_at, nullif(a.check_after, 'infinity') as check_after, a.lost_at, a.last_error
  from pgrant.upstream_accounts a
  join pgrant.upstreams p on p.tenant_id = a.tenant_id and p.name = a.upstream
  join pgrant.users u on u.tenant_id = a.tenant_id and u.user_id = a.user_id
  join pgrant.issuers i on i.tenant_id = a.tenant_id;

comment on view pgrant_report.upstream_accounts is 'Which account elsewhere is which person, and what its last recheck found.';
comment on column pgrant_report.upstream_accounts.upstream is 'Name of the upstream.';
comment on column pgrant_report.upstream_accounts.kind is 'oidc, oauth2 or discord.';
comment on column pgrant_report.upstream_accounts.subject is 'The upstream''s identifier of the person.';
comment on column pgrant_report.upstream_accounts.made_user is 'Whether the person exists because of this account.';
comment on column pgrant_report.upstream_accounts.created_at is 'When it was linked.';
comment on column pgrant_report.upstream_accounts.checked_at is 'When the upstream last answered about the person.';
comment on column pgrant_report.upstream_accounts.check_after is 'When it is asked again; null = never.';
comment on column pgrant_report.upstream_accounts.lost_at is 'Since when it no longer vouches for the person; null = it does.';
comment on column pgrant_report.upstream_accounts.last_error is 'Why the last recheck got no answer; null = it got one.';

create view pgrant_report.pairwise_subjects with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, s.subject, s.sector, s.user_id, u.username, s.created_at
  from pgrant.pairwise_subjects s
  join pgrant.users u on u.tenant_id = s.tenant_id and u.user_id = s.user_id
  join pgrant.issuers i on i.tenant_id = s.tenant_id;

comment on view pgrant_report.pairwise_subjects is 'Which person clients mean by a pairwise sub (OpenID Connect Core 8.1).';
comment on column pgrant_report.pairwise_subjects.subject is 'The sub of tokens for clients of the sector.';
comment on column pgrant_report.pairwise_subjects.sector is 'The host that the clients have in common, or the one client.';
comment on column pgrant_report.pairwise_subjects.created_at is 'When it was first given to a client.';
