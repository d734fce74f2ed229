-- For resource servers that share the database: what their own policies and views may call.

-- Customers' policies depend on these functions, so no release drops them. What they stand on is reloaded: they call
-- pgrant_rules by name at run time, hand on types of pg_catalog only, and are changed by "create or replace" alone.
grant usage on schema pgrant_resource to pgrant_resource_server, pgrant_definer;
grant create on schema pgrant_resource to pgrant_definer;
set local role pgrant_definer;

create function pgrant_resource.catch_up() returns void
language plpgsql stable parallel safe
as $$
begin
  -- Opening a table takes in what was committed since the transaction began. Without that a session goes on with functions
  -- that a release has dropped meanwhile, and fails. It has to be a table that nothing else here holds open.
  perform pg_catalog.pg_relation_is_updatable('pgrant.partition_plans'::regclass, false);
end
$$;

comment on function pgrant_resource.catch_up() is 'Lets a transaction that a release overtakes go on with the new functions.';

create function pgrant_resource.token()
returns table (tenant_id uuid, subject text, client_id text, scopes text[], expires_at timestamptz)
language plpgsql stable security definer parallel safe cost 10000 rows 1 set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_resource.catch_up();
  return query select t.tenant_id, t.subject, t.client_id, t.scopes, t.expires_at from pgrant_rules.token_presented() t;
end
$$;

comment on function pgrant_resource.token() is
  'All that the functions below say of the token that was entered, in one row and by one look-up; no row where it is not good now.';

create function pgrant_resource.enter(
  p_tenant uuid, p_token_hash bytea, p_token_expires_at bigint, p_resource text default null, p_address inet default null
) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_resource.catch_up();
  perform pgrant_rules.token_present(p_tenant, p_token_hash, p_token_expires_at, p_resource, p_address);
  return exists (select from pgrant_resource.token());
end
$$;

comment on function pgrant_resource.enter(uuid, bytea, bigint, text, inet) is
  'First statement of a transaction: says which opaque access token it acts for, until it ends. p_token_hash is SHA-256 of what follows the last _ of pgrant_at_<expiry>_<secret>, p_token_expires_at the expiry in epoch seconds, in the token in base 36. p_resource is the resource (RFC 8707) that you are, null = the tenant''s own audience; p_address the caller''s, for API credentials that are bound to networks. False where the token is not good here and now: answer 401; the functions below then give null and false.';

create function pgrant_resource.tenant() returns uuid
language plpgsql stable security definer parallel safe cost 10000 set search_path = pg_catalog, pg_temp
as $$ begin return (select t.tenant_id from pgrant_resource.token() t); end $$;

comment on function pgrant_resource.tenant() is
  'The tenant of the token that was entered, if it is good now; else null. A subject or client_id says little without it.';

create function pgrant_resource.subject() returns text
language plpgsql stable security definer parallel safe cost 10000 set search_path = pg_catalog, pg_temp
as $$ begin return (select t.subject from pgrant_resource.token() t); end $$;

comment on function pgrant_resource.subject() is
  'The sub of the token that was entered, if it is good now: user_id of the person, or the client_id where a client acts for itself; else null.';

create function pgrant_resource.client_id() returns text
language plpgsql stable security definer parallel safe cost 10000 set search_path = pg_catalog, pg_temp
as $$ begin return (select t.client_id from pgrant_resource.token() t); end $$;

comment on function pgrant_resource.client_id() is 'The client that has the token that was entered, if that is good now; else null.';

create function pgrant_resource.scopes() returns text[]
language plpgsql stable security definer parallel safe cost 10000 set search_path = pg_catalog, pg_temp
as $$ begin return (select t.scopes from pgrant_resource.token() t); end $$;

comment on function pgrant_resource.scopes() is
  'The scopes of the token that was entered which are effective now: a role that the person has lost is no longer among them. Null where the token is not good.';

create function pgrant_resource.has_scope(p_scope text) returns boolean
language plpgsql stable security definer parallel safe cost 10000 set search_path = pg_catalog, pg_temp
as $$ begin return exists (select from pgrant_resource.token() t where p_scope = any (t.scopes)); end $$;

comment on function pgrant_resource.has_scope(text) is 'Whether the token that was entered is good now and has the scope.';

create function pgrant_resource.expires_at() returns timestamptz
language plpgsql stable security definer parallel safe cost 10000 set search_path = pg_catalog, pg_temp
as $$ begin return (select t.expires_at from pgrant_resource.token() t); end $$;

comment on function pgrant_resource.expires_at() is 'When the token that was entered expires, if it is good now; else null.';

revoke execute on all functions in schema pgrant_resource from public;
grant execute on function
  pgrant_resource.enter(uuid, bytea, bigint, text, inet), pgrant_resource.token(), pgrant_resource.tenant(),
  pgrant_resource.subject(), pgrant_resource.client_id(), pgrant_resource.scopes(),
  pgrant_resource.has_scope(text), pgrant_resource.expires_at()
  to pgrant_resource_server;

set local role pgrant_owner;
revoke create on schema pgrant_resource from pgrant_definer;
