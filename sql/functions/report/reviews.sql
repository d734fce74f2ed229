-- Reports: what was reviewed, and what is due.

-- Of one tenant without its name: Citus lets what it hands on for one join nothing that is the same for all.
create view pgrant_rules.reviewable with (security_invoker = true) as
select w.tenant_id, w.kind, w.id, w.client_id, w.client_name, w.username, w.sensitive, w.reviewed_at, w.reviewer, w.due_at, w.note,
       case when w.reviewed_at is null then 'never' when w.due_at <= now() then 'overdue' else 'reviewed' end as state
  from (
    select 'client' as kind, c.tenant_id, c.client_id as id, c.client_id, c.name as client_name, u.username,
           coalesce(c.scopes && s.sensitive, s.sensitive is not null and c.scopes is null) as sensitive,
           r.reviewed_at, r.reviewer, r.due_at, r.note
      from pgrant.clients c
      left join pgrant.users u on u.tenant_id = c.tenant_id and u.user_id = c.maker_id
      left join (select s.tenant_id, array_agg(s.scope) as sensitive
                   from pgrant.scopes s where s.sensitive group by s.tenant_id) s on s.tenant_id = c.tenant_id
      left join pgrant.reviews r on r.tenant_id = c.tenant_id and r.client_id = c.client_id and r.secret_id is null
    union all
    select 'secret', k.tenant_id, k.secret_id::text, k.client_id, c.name, u.username,
           coalesce(c.scopes && s.sensitive, s.sensitive is not null and c.scopes is null),
           r.reviewed_at, r.reviewer, r.due_at, r.note
      from pgrant.client_secrets k
      join pgrant.clients c on c.tenant_id = k.tenant_id and c.client_id = k.client_id
      left join pgrant.users u on u.tenant_id = c.tenant_id and u.user_id = c.maker_id
      left join (select s.tenant_id, array_agg(s.scope) as sensitive
                   from pgrant.scopes s where s.sensitive group by s.tenant_id) s on s.tenant_id = k.tenant_id
      left join pgrant.reviews r on r.tenant_id = k.tenant_id and r.client_id = k.client_id and r.secret_id = k.secret_id
     where k.expires_at > now()
    union all
    select 'grant', g.tenant_id, g.grant_id::text, g.client_id, c.name, u.username, coalesce(g.scopes && s.sensitive, false),
           r.reviewed_at, r.reviewer, r.due_at, r.note
      from pgrant.grants g
      join pgrant.clients c on c.tenant_id = g.tenant_id and c.client_id = g.client_id
      left join pgrant.users u on u.tenant_id = g.tenant_id and u.user_id = g.user_id
      left join (select s.tenant_id, array_agg(s.scope) as sensitive
                   from pgrant.scopes s where s.sensitive group by s.tenant_id) s on s.tenant_id = g.tenant_id
      left join pgrant.reviews r on r.tenant_id = g.tenant_id and r.grant_id = g.grant_id
     where g.revoked_at is null and g.expires_at > now()) w;

comment on view pgrant_rules.reviewable is 'What pgrant_report.reviews says, without the names of tenants.';
comment on column pgrant_rules.reviewable.id is 'As in pgrant_report.reviews.';
comment on column pgrant_rules.reviewable.sensitive is 'As in pgrant_report.reviews.';
comment on column pgrant_rules.reviewable.reviewed_at is 'As in pgrant_report.reviews.';
comment on column pgrant_rules.reviewable.reviewer is 'As in pgrant_report.reviews.';
comment on column pgrant_rules.reviewable.due_at is 'As in pgrant_report.reviews.';
comment on column pgrant_rules.reviewable.note is 'As in pgrant_report.reviews.';
comment on column pgrant_rules.reviewable.state is 'As in pgrant_report.reviews.';

create view pgrant_report.reviews with (security_invoker = true) as
select w.tenant_id, i.name || '' as tenant, w.kind, w.id, w.client_id, w.client_name, w.username, w.sensitive,
       w.reviewed_at, w.reviewer, w.due_at, w.note, w.state
  from pgrant_rules.reviewable w
  join pgrant.issuers i on i.tenant_id = w.tenant_id;

comment on view pgrant_report.reviews is 'Clients, live secrets and live grants with their last review, such as where sensitive and state <> ''reviewed''. review_add records one.';
comment on column pgrant_report.reviews.kind is 'client, secret, or grant.';
comment on column pgrant_report.reviews.id is 'What review_add takes: client_id, secret_id, or grant_id.';
comment on column pgrant_report.reviews.username is 'Who granted, or made the API credential; null = an operator''s client.';
comment on column pgrant_report.reviews.sensitive is 'Whether a sensitive scope may come of it: the grant has one, or the client may ask for one.';
comment on column pgrant_report.reviews.reviewed_at is 'When it was last reviewed; null = never.';
comment on column pgrant_report.reviews.reviewer is 'Who did: the role that logged in, and the person as they say themselves.';
comment on column pgrant_report.reviews.due_at is 'Until when that will do.';
comment on column pgrant_report.reviews.note is 'What the reviewer said.';
comment on column pgrant_report.reviews.state is 'never, overdue, or reviewed.';

create function pgrant_ops.review_list(p_tenant uuid, p_limit integer default 100)
returns table (
  kind text, id text, client_id text, username text, state text, reviewed_at timestamptz, due_at timestamptz, reviewer text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select r.kind, r.id, r.client_id, r.username, r.state, r.reviewed_at, r.due_at, r.reviewer
    from pgrant_rules.reviewable r
   where r.tenant_id = p_tenant and r.sensitive and r.state <> 'reviewed'
   order by r.due_at nulls first, r.kind, r.id
   limit p_limit;
end
$$;

comment on function pgrant_ops.review_list(uuid, integer) is
  'What is sensitive and was never reviewed, or is overdue, at most p_limit of it. May be null: username, reviewed_at, due_at, reviewer. Raises OA001.';
