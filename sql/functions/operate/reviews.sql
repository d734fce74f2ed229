-- Reviews: an auditor says that a client, a secret or a grant was looked at.

create function pgrant_rules.reviewer() returns text
language sql stable
as $$ select concat_ws(' ', session_user, left(nullif(current_setting('pgrant.actor', true), ''), 200)) $$;

comment on function pgrant_rules.reviewer() is 'Who reviews: the role that logged in, and as the setting pgrant.actor says the person.';

create function pgrant_rules.review_store(
  p_tenant uuid, p_kind text, p_id text, p_lifetime integer, p_note text, p_reviewer text
) returns timestamptz
language plpgsql
as $$
declare
  v_review pgrant.reviews;
  v_user_id uuid;
  -- As a uuid is written; anything else is the id of no secret and no grant.
  v_id uuid := case when p_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_id::uuid end;
begin
  if p_lifetime is null or p_lifetime not between 86400 and 63158400 then
    raise exception 'a review holds for 1 day to 2 years' using errcode = 'OA003';
  elsif length(p_note) > 500 then
    raise exception 'the note has % characters', length(p_note) using errcode = 'OA003', hint = 'it may have 500';
  end if;
  case p_kind
    when 'client' then
      select c.client_id into v_review.client_id from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_id;
    when 'secret' then
      select s.client_id, s.secret_id into v_review.client_id, v_review.secret_id
        from pgrant.client_secrets s where s.tenant_id = p_tenant and s.secret_id = v_id and s.expires_at > now();
    when 'grant' then
      select g.grant_id, g.user_id into v_review.grant_id, v_user_id
        from pgrant.grants g where g.tenant_id = p_tenant and g.grant_id = v_id and g.revoked_at is null and g.expires_at > now();
    else
      raise exception 'nobody reviews %', coalesce(p_kind, 'null') using errcode = 'OA003', hint = 'client, secret or grant';
  end case;
  if v_review.client_id is null and v_review.grant_id is null then
    raise exception 'there is no % %', p_kind, p_id using errcode = 'OA001', hint = 'pgrant review list shows what is due';
  end if;
  delete from pgrant.reviews r
   where r.tenant_id = p_tenant and r.client_id is not distinct from v_review.client_id
     and r.secret_id is not distinct from v_review.secret_id and r.grant_id is not distinct from v_review.grant_id
  returning r.review_id into v_review.review_id;
  v_review.due_at := now() + make_interval(secs => p_lifetime);
  insert into pgrant.reviews (tenant_id, review_id, client_id, secret_id, grant_id, due_at, reviewer, note)
  values (p_tenant, coalesce(v_review.review_id, gen_random_uuid()), v_review.client_id, v_review.secret_id, v_review.grant_id,
          v_review.due_at, p_reviewer, nullif(pgrant_rules.secrets_masked(p_note), ''));
  perform pgrant_rules.audit(p_tenant, 'review.add', null, null, v_review.client_id, v_user_id, v_review.grant_id,
                             p_detail => jsonb_strip_nulls(jsonb_build_object('kind', p_kind, 'secret_id', v_review.secret_id,
                               'due_at', v_review.due_at, 'note', nullif(pgrant_rules.secrets_masked(p_note), ''))));
  return v_review.due_at;
end
$$;

comment on function pgrant_rules.review_store(uuid, text, text, integer, text, text) is
  'Stores the review of a client, a secret or a grant in the place of the one before, and records it. Raises OA001, OA003.';

create function pgrant_ops.review_add(
  p_tenant uuid, p_kind text, p_id text, p_lifetime integer default 15552000, p_note text default null
) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return pgrant_rules.review_store(p_tenant, p_kind, p_id, p_lifetime, p_note, pgrant_rules.reviewer());
end
$$;

comment on function pgrant_ops.review_add(uuid, text, text, integer, text) is
  'Records that a client (p_id = client_id), a secret (secret_id) or a grant (grant_id) was reviewed, for so many seconds (1 day to 2 years; 180 days). Returns until when that holds. For operators; auditors have pgrant_report.review_add. Raises OA001, OA003.';

create function pgrant_rules.review_enter(
  p_tenant uuid, p_kind text, p_id text, p_lifetime integer, p_note text, p_reviewer text
) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return pgrant_rules.review_store(p_tenant, p_kind, p_id, p_lifetime, p_note, p_reviewer);
end
$$;

comment on function pgrant_rules.review_enter(uuid, text, text, integer, text, text) is
  'Records an auditor''s review at a tenant, on its node. Called as text that says the tenant, so that Citus knows where. Raises OA001, OA003.';

create function pgrant_report.review_add(
  p_tenant text, p_kind text, p_id text, p_for interval default interval '180 days', p_note text default null
) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant uuid := (
    select i.tenant_id
      from pgrant.auditors a
      join pgrant.issuers i on i.name || '' = p_tenant and (a.tenant_id is null or a.tenant_id = i.tenant_id)
     where a.role_name = session_user and pg_has_role(session_user, 'pgrant_auditor', 'member'));
  -- An infinite one has no number of seconds (from PostgreSQL 17 on), and one of a thousand years more than an integer holds.
  v_lifetime integer := case when p_for between interval '0' and interval '60 years' then extract(epoch from p_for)::integer end;
  v_due_at timestamptz;
begin
  if v_tenant is null then
    raise exception 'there is no tenant % that % may review', coalesce(p_tenant, 'null'), session_user using errcode = 'OA001',
      hint = 'pgrant auditor add';
  end if;
  execute format('select * from pgrant_rules.review_enter(%L, %L, %L, %L, %L, %L)', v_tenant, p_kind, p_id,
                 v_lifetime, p_note, pgrant_rules.reviewer())
     into v_due_at;
  return v_due_at;
end
$$;

comment on function pgrant_report.review_add(text, text, text, interval, text) is
  'Records that a client (p_id = client_id), a secret (secret_id) or a grant (grant_id) of a tenant was reviewed, by whoever logged in, for so long (1 day to 2 years). Returns until when that holds. The one thing that an auditor writes, at the tenants that are theirs. Raises OA001, OA003.';
