-- The past, kept by whoever changes the present: after its change a function has the thing remembered, in the same
-- transaction. The moment is taken here, after the lock on the row that was changed, so versions follow one another.

create function pgrant_rules.ended(p_valid tstzrange, p_at timestamptz) returns tstzrange
language sql stable
as $$ select tstzrange(lower(p_valid), greatest(p_at, lower(p_valid) + interval '1 microsecond')) $$;

comment on function pgrant_rules.ended(tstzrange, timestamptz) is
  'The period of a version that ends at p_at; never empty, even where the clock has gone back.';

create function pgrant_rules.cause_request() returns text
language sql stable
as $$ select nullif(current_setting('pgrant.request_id', true), '') $$;

comment on function pgrant_rules.cause_request() is 'The request_id that a version keeps; null where no request is behind it.';

create function pgrant_rules.tenant_remember(p_tenant uuid, p_cause text) returns void
language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
begin
  update pgrant.tenant_history h
     set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
   where h.tenant_id = p_tenant
     and upper_inf(h.valid)
     and not exists (select from pgrant.tenants t where t.tenant_id = p_tenant and (t.disabled_at is null) = h.enabled);
  insert into pgrant.tenant_history (tenant_id, enabled, valid, cause, request_id)
  select p_tenant, t.disabled_at is null,
         tstzrange(greatest(v_at, (select max(upper(h.valid)) from pgrant.tenant_history h where h.tenant_id = p_tenant)), null),
         p_cause, pgrant_rules.cause_request()
    from pgrant.tenants t
   where t.tenant_id = p_tenant
     and not exists (select from pgrant.tenant_history h where h.tenant_id = p_tenant and upper_inf(h.valid));
end
$$;

comment on function pgrant_rules.tenant_remember(uuid, text) is
  'Keeps what a tenant is from now on, where that is new. p_cause is the action as in the audit.';

create function pgrant_rules.user_remember(p_tenant uuid, p_user_id uuid, p_cause text) returns void
language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
begin
  update pgrant.user_history h
     set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
   where h.tenant_id = p_tenant
     and h.user_id = p_user_id
     and upper_inf(h.valid)
     and not exists (select from pgrant.users u
                      where u.tenant_id = p_tenant and u.user_id = p_user_id
                        and u.username = h.username and (u.disabled_at is null) = h.enabled);
  insert into pgrant.user_history (tenant_id, user_id, username, enabled, valid, cause, request_id)
  select p_tenant, u.user_id, u.username, u.disabled_at is null,
         tstzrange(greatest(v_at, (select max(upper(h.valid)) from pgrant.user_history h
                                    where h.tenant_id = p_tenant and h.user_id = p_user_id)), null),
         p_cause, pgrant_rules.cause_request()
    from pgrant.users u
   where u.tenant_id = p_tenant
     and u.user_id = p_user_id
     and not exists (select from pgrant.user_history h
                      where h.tenant_id = p_tenant and h.user_id = p_user_id and upper_inf(h.valid));
end
$$;

comment on function pgrant_rules.user_remember(uuid, uuid, text) is 'Keeps what a user is from now on, where that is new.';

create function pgrant_rules.scope_remember(p_tenant uuid, p_scope text, p_cause text) returns void
language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
begin
  update pgrant.scope_history h
     set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
   where h.tenant_id = p_tenant
     and h.scope = p_scope
     and upper_inf(h.valid)
     and not exists (select from pgrant.scopes s
                      where s.tenant_id = p_tenant and s.scope = p_scope
                        and s.requires_role = h.requires_role and (s.disabled_at is null) = h.enabled);
  insert into pgrant.scope_history (tenant_id, scope, requires_role, enabled, valid, cause, request_id)
  select p_tenant, s.scope, s.requires_role, s.disabled_at is null,
         tstzrange(greatest(v_at, (select max(upper(h.valid)) from pgrant.scope_history h
                                    where h.tenant_id = p_tenant and h.scope = p_scope)), null),
         p_cause, pgrant_rules.cause_request()
    from pgrant.scopes s
   where s.tenant_id = p_tenant
     and s.scope = p_scope
     and not exists (select from pgrant.scope_history h
                      where h.tenant_id = p_tenant and h.scope = p_scope and upper_inf(h.valid));
end
$$;

comment on function pgrant_rules.scope_remember(uuid, text, text) is 'Keeps what a scope or role is from now on, where that is new.';

create function pgrant_rules.resource_remember(p_tenant uuid, p_resource text, p_cause text) returns void
language plpgsql
as $$
declare
  v_at timestamptz := clock_timestamp();
begin
  update pgrant.resource_history h
     set valid = pgrant_rules.ended(h.valid, v_at), end_cause = p_cause, end_request_id = pgrant_rules.cause_request()
   where h.tenant_id = p_tenant
     and h.resource = p_resource
     and upper_inf(h.valid)
     and not exists (select from pgrant.resources r
                      where r.tenant_id = p_tenant and r.resource = p_resource
                        and r.scopes is not distinct from h.scopes and (r.disabled_at is null) = h.enabled);
  insert into pgrant.resource_history (tenant_id, resource, scopes, enabled, valid, cause, request_id)
  select p_tenant, r.resource, r.scopes, r.disabled_at is null,
         tstzrange(greatest(v_at, (select max(upper(h.valid)) from pgrant.resource_history h
                                    where h.tenant_id = p_tenant and h.resource = p_resource)), null),
         p_cause, pgrant_rules.cause_request()
    from pgrant.resources r
   where r.tenant_id = p_tenant
     and r.resource = p_resource
     and not exists (select from pgrant.resource_history h
                      where h.tenant_id = p_tenant and h.resource = p_resource and upper_inf(h.valid));
end
$$;

comment on function pgrant_rules.resource_remember(uuid, text, text) is 'Keeps what a resource is from now on, where that is new.';
