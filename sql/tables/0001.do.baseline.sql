-- The kernel: the tenant of the running transaction, isolation as one call per table, and how tables are cut by time.

create function pgrant.tenant() returns uuid
language sql stable parallel safe
as $$ select nullif(current_setting('pgrant.tenant', true), '')::uuid $$;

comment on function pgrant.tenant() is
  'The tenant that the running transaction has entered, or null. After a transaction the setting is '''' and not null.';

create function pgrant.distribute(p_table regclass) returns void
language plpgsql
as $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'citus') then
    execute format('select pg_catalog.create_distributed_table(%L, ''tenant_id'', colocate_with => %L)', p_table,
                   case when p_table = to_regclass('pgrant.tenants') then 'none' else 'pgrant.tenants' end);
  end if;
end
$$;

comment on function pgrant.distribute(regclass) is
  'Distributes a tenant table by tenant_id where Citus is installed, all of a tenant on one node; does nothing without it.';

create function pgrant.replicate(p_table regclass) returns void
language plpgsql
as $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'citus') then
    execute format('select pg_catalog.create_reference_table(%L)', p_table);
  end if;
end
$$;

comment on function pgrant.replicate(regclass) is
  'Has a global table on every node where Citus is installed, while it is empty; does nothing without it.';

create function pgrant.delegate(p_function regprocedure) returns void
language plpgsql
as $$
begin
  if exists (select from pg_catalog.pg_extension where extname = 'citus') then
    execute format('select pg_catalog.create_distributed_function(%L, ''p_tenant'', colocate_with => ''pgrant.tenants'')', p_function);
  end if;
end
$$;

comment on function pgrant.delegate(regprocedure) is
  'Has calls of a function run on the node of their p_tenant where Citus is installed: bare calls, alone in their statement. Does nothing without it.';

create function pgrant.isolate(p_table regclass) returns void
language plpgsql
as $$
begin
  execute format('alter table %s enable row level security', p_table);
  execute format('alter table %s force row level security', p_table);
  execute format('create policy tenant_isolation on %s to pgrant_definer
                    using (tenant_id = pgrant.tenant()) with check (tenant_id = pgrant.tenant())', p_table);
  execute format('grant select, insert, update, delete on %s to pgrant_definer', p_table);
  perform pgrant.distribute(p_table);
end
$$;

comment on function pgrant.isolate(regclass) is
  'Makes a table a tenant table: row-level security enabled and forced, one policy: tenant_id = pgrant.tenant().';

create function pgrant.expire(p_table regclass, p_columns text[] default '{}') returns void
language plpgsql
as $$
declare
  v_expired constant text := '(expires_at at time zone ''UTC'') < (now() at time zone ''UTC'')';
begin
  execute format('create policy expired_seen on %s for select to pgrant_janitor using (%s)', p_table, v_expired);
  execute format('create policy expired_deleted on %s for delete to pgrant_janitor using (%s)', p_table, v_expired);
  -- SELECT … FOR UPDATE asks for the right to update. No row passes the check, so nothing can be changed.
  execute format('create policy expired_locked on %s for update to pgrant_janitor using (%s) with check (false)', p_table, v_expired);
  execute format('grant select (%s), update (expires_at), delete on %s to pgrant_janitor',
                 (select string_agg(quote_ident(c.name), ', ') from unnest(array['ctid', 'tableoid', 'expires_at'] || p_columns) c (name)),
                 p_table);
end
$$;

comment on function pgrant.expire(regclass, text[]) is
  'Lets the janitor find, lock and delete the rows of a table that are past expires_at, of any tenant, and no others; it reads nothing of them but the expiry and p_columns. An index for it is on (expires_at at time zone ''UTC''), which no condition of an auditor can use (see audited).';

revoke execute on function pgrant.tenant(), pgrant.distribute(regclass), pgrant.replicate(regclass), pgrant.delegate(regprocedure),
  pgrant.isolate(regclass), pgrant.expire(regclass, text[]) from public;
grant execute on function pgrant.tenant() to pgrant_definer;

create table pgrant.partition_plans (
  table_name  text primary key,
  step        interval not null,
  ahead       interval not null,
  retention   interval not null
);

comment on table pgrant.partition_plans is 'Global: how each partitioned table is cut by time.';
comment on column pgrant.partition_plans.table_name is 'Table of schema pgrant, partitioned by range of a timestamptz.';
comment on column pgrant.partition_plans.step is 'Width of one partition.';
comment on column pgrant.partition_plans.ahead is 'How far ahead of now partitions are made: the longest lifetime, and room for a worker that is down.';
comment on column pgrant.partition_plans.retention is 'How long after its upper bound a partition is kept before it is dropped.';

select pgrant.replicate('pgrant.partition_plans');

alter table pgrant.partition_plans enable row level security;
alter table pgrant.partition_plans force row level security;
create policy plans_seen on pgrant.partition_plans for select to pgrant_owner, pgrant_janitor, pgrant_definer using (true);
create policy plans_written on pgrant.partition_plans for insert to pgrant_owner with check (true);
-- The rest of the plans is what the lifetimes need.
create policy plans_changed on pgrant.partition_plans for update to pgrant_owner
  using (table_name in ('audit_events', 'audit_seals')) with check (retention >= interval '1 month');
grant select on pgrant.partition_plans to pgrant_janitor, pgrant_definer;


-- Names that people decide by: no character in them that nobody sees, or that is taken for nothing.
--
-- PostgreSQL's regular expressions know no Unicode properties, and its classes depend on the locale: the code points are
-- spelt out. test/sql/names.test.ts compares them with the properties, and says what they would have to be.

create function pgrant.invisible_characters() returns text
language sql immutable parallel safe
as $$
  select
    '\u0001-\u001F\u007F-\u00A0\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890-\u0891\u08E2\u115F-\u1160\u1680' ||
    '\u17B4-\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uE000-\uF8FF\uFDD0-\uFDEF' ||
    '\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFF\U000110BD\U000110CD\U00013430-\U0001343F\U0001BCA0-\U0001BCA3' ||
    '\U0001D173-\U0001D17A\U0001FFFE-\U0001FFFF\U0002FFFE-\U0002FFFF\U0003FFFE-\U0003FFFF\U0004FFFE-\U0004FFFF' ||
    '\U0005FFFE-\U0005FFFF\U0006FFFE-\U0006FFFF\U0007FFFE-\U0007FFFF\U0008FFFE-\U0008FFFF\U0009FFFE-\U0009FFFF' ||
    '\U000AFFFE-\U000AFFFF\U000BFFFE-\U000BFFFF\U000CFFFE-\U000CFFFF\U000DFFFE-\U000E0FFF\U000EFFFE-\U0010FFFF'
$$;

comment on function pgrant.invisible_characters() is
  'For a bracket expression: control, format (bidirectional controls, tags, joiners), private use, separators but the space, Default_Ignorable_Code_Point (variation selectors, fillers), noncharacters, the blank Braille pattern, and what stands for a character that is lost.';

create function pgrant.pictographs() returns text
language sql immutable parallel safe
as $$
  select
    '\u00A9\u00AE\u203C\u2049\u2122\u2139\u2194-\u2199\u21A9-\u21AA\u231A-\u231B\u2328\u23CF\u23E9-\u23F3\u23F8-\u23FA' ||
    '\u24C2\u25AA-\u25AB\u25B6\u25C0\u25FB-\u25FE\u2600-\u2604\u260E\u2611\u2614-\u2615\u2618\u261D\u2620\u2622-\u2623' ||
    '\u2626\u262A\u262E-\u262F\u2638-\u263A\u2640\u2642\u2648-\u2653\u265F-\u2660\u2663\u2665-\u2666\u2668\u267B' ||
    '\u267E-\u267F\u2692-\u2697\u2699\u269B-\u269C\u26A0-\u26A1\u26A7\u26AA-\u26AB\u26B0-\u26B1\u26BD-\u26BE\u26C4-\u26C5' ||
    '\u26C8\u26CE-\u26CF\u26D1\u26D3-\u26D4\u26E9-\u26EA\u26F0-\u26F5\u26F7-\u26FA\u26FD\u2702\u2705\u2708-\u270D\u270F' ||
    '\u2712\u2714\u2716\u271D\u2721\u2728\u2733-\u2734\u2744\u2747\u274C\u274E\u2753-\u2755\u2757\u2763-\u2764\u2795-\u2797' ||
    '\u27A1\u27B0\u27BF\u2934-\u2935\u2B05-\u2B07\u2B1B-\u2B1C\u2B50\u2B55\u3030\u303D\u3297\u3299\U0001F004' ||
    '\U0001F02C-\U0001F02F\U0001F094-\U0001F09F\U0001F0AF-\U0001F0B0\U0001F0C0\U0001F0CF-\U0001F0D0\U0001F0F6-\U0001F0FF' ||
    '\U0001F170-\U0001F171\U0001F17E-\U0001F17F\U0001F18E\U0001F191-\U0001F19A\U0001F1AE-\U0001F1E5\U0001F201-\U0001F20F' ||
    '\U0001F21A\U0001F22F\U0001F232-\U0001F23A\U0001F23C-\U0001F23F\U0001F249-\U0001F25F\U0001F266-\U0001F321' ||
    '\U0001F324-\U0001F393\U0001F396-\U0001F397\U0001F399-\U0001F39B\U0001F39E-\U0001F3F0\U0001F3F3-\U0001F3F5' ||
    '\U0001F3F7-\U0001F3FA\U0001F400-\U0001F4FD\U0001F4FF-\U0001F53D\U0001F549-\U0001F54E\U0001F550-\U0001F567' ||
    '\U0001F56F-\U0001F570\U0001F573-\U0001F57A\U0001F587\U0001F58A-\U0001F58D\U0001F590\U0001F595-\U0001F596' ||
    '\U0001F5A4-\U0001F5A5\U0001F5A8\U0001F5B1-\U0001F5B2\U0001F5BC\U0001F5C2-\U0001F5C4\U0001F5D1-\U0001F5D3' ||
    '\U0001F5DC-\U0001F5DE\U0001F5E1\U0001F5E3\U0001F5E8\U0001F5EF\U0001F5F3\U0001F5FA-\U0001F64F\U0001F680-\U0001F6C5' ||
    '\U0001F6CB-\U0001F6D2\U0001F6D5-\U0001F6E5\U0001F6E9\U0001F6EB-\U0001F6F0\U0001F6F3-\U0001F6FF\U0001F7DA-\U0001F7FF' ||
    '\U0001F80C-\U0001F80F\U0001F848-\U0001F84F\U0001F85A-\U0001F85F\U0001F888-\U0001F88F\U0001F8AE-\U0001F8AF' ||
    '\U0001F8BC-\U0001F8BF\U0001F8C2-\U0001F8CF\U0001F8D9-\U0001F8FF\U0001F90C-\U0001F93A\U0001F93C-\U0001F945' ||
    '\U0001F947-\U0001F9FF\U0001FA58-\U0001FA5F\U0001FA6E-\U0001FAFF\U0001FC00-\U0001FFFD'
$$;

comment on function pgrant.pictographs() is 'For a bracket expression: Extended_Pictographic, what emoji are made of.';

create function pgrant.text_sound(p_text text) returns boolean
language plpgsql immutable parallel safe
as $$
declare
  -- Arabic, Syriac, the Indic scripts, Tibetan, Myanmar, Khmer: where joiners change how letters are written.
  v_joining constant text := '[\u0600-\u0DFF\u0F00-\u109F\u1780-\u17FF]';
  v_pictograph constant text := '[' || pgrant.pictographs() || ']';
  v_text text := p_text;
begin
  if v_text ~ '[\u200C\u200D\uFE0F]' then
    v_text := regexp_replace(v_text, '[0-9#*]\uFE0F\u20E3', '', 'g');
    v_text := regexp_replace(v_text, '(' || v_pictograph || ')\uFE0F', '\1', 'g');
    v_text := regexp_replace(v_text, '(' || v_pictograph || '[\U0001F3FB-\U0001F3FF]?)\u200D(?=' || v_pictograph || ')', '\1', 'g');
    v_text := regexp_replace(v_text, '(' || v_joining || ')[\u200C\u200D](?=' || v_joining || ')', '\1', 'g');
  end if;
  return v_text !~ ('[' || pgrant.invisible_characters() || ']');
end
$$;

comment on function pgrant.text_sound(text) is
  'Whether a text in one line shows all its characters. Joiners only where they are seen: between letters of scripts that join, and in emoji; a variation selector only in emoji. Ideographic variation sequences are refused, since two names that differ by one look alike in most fonts.';

create function pgrant.name_sound(p_name text) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  return length(p_name) between 1 and 255
     and p_name is nfc normalized
     and p_name !~ '^ |  | $'
     -- A mark of no script of its own would sit on what stands before the name.
     and p_name !~ '^[\u0300-\u036F\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F]'
     and pgrant.text_sound(p_name);
end
$$;

comment on function pgrant.name_sound(text) is
  'Whether people see a name as it is: 1 to 255 characters, all visible (text_sound), in Unicode normal form C, with single spaces and none at the ends.';

create function pgrant.name_normal(p_name text) returns text
language plpgsql immutable parallel safe
as $$
begin
  return btrim(regexp_replace(normalize(p_name, nfc),
    '[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+', ' ', 'g'));
end
$$;

comment on function pgrant.name_normal(text) is
  'A name in Unicode normal form C, any white space in it as one space: what others say is taken so, where it is a name at all then.';

revoke execute on function pgrant.invisible_characters(), pgrant.pictographs(), pgrant.text_sound(text), pgrant.name_sound(text),
  pgrant.name_normal(text) from public;
grant execute on function pgrant.invisible_characters(), pgrant.pictographs(), pgrant.text_sound(text), pgrant.name_sound(text),
  pgrant.name_normal(text) to pgrant_definer;


-- Tenants: where they answer, what is set for each, and the keys that they sign with.

create function pgrant.host_fault(p_host text) returns text
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp
as $$
begin
  if p_host !~ '^([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:(0|[1-9][0-9]{0,4}))?$' then
    return 'has a host that is not a plain lower-case name or address';
  elsif coalesce(substring(p_host from ':([0-9]+)$')::integer, 0) > 65535 and p_host !~ '\]$' then
    return 'has a port above 65535';
  -- What ends in a number is an address to every parser of URLs, and in its normal form is written as PostgreSQL writes it.
  elsif p_host ~ '^\[' and format('[%s]', host(substring(p_host from '^\[(.*)\]')::inet)) <> substring(p_host from '^\[.*\]')
     or p_host ~ '(^|\.)([0-9]+|0x[0-9a-f]*)(:[0-9]+)?$' and host(split_part(p_host, ':', 1)::inet) <> split_part(p_host, ':', 1) then
    return 'has an address that is not in its normal form';
  end if;
  return null;
exception
  when invalid_text_representation then
    return 'has an address that is none';
end
$$;

comment on function pgrant.host_fault(text) is 'Why this cannot be the host of an issuer, with the port where it is not the scheme''s own; null = it can.';

create function pgrant.issuer_fault(p_issuer text, p_host text, p_path text) returns text
language sql immutable parallel safe
return case
  when p_issuer is null or p_host is null or p_path is null then 'is not there'
  when length(p_issuer) > 255 then 'is longer than 255 characters'
  when p_issuer not in ('https://' || p_host || p_path, 'http://' || p_host || p_path) then 'is not the URL of its host and path'
  when pgrant.host_fault(p_host) is not null then pgrant.host_fault(p_host)
  when p_issuer ~ '^(https://[^/]*:443|http://[^/]*:80)(/|$)' then 'has a port that is the scheme''s own'
  when p_issuer ~ '^http:' and p_host !~ '^(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?$' then
    'is not https: http is for loopback hosts only (RFC 8414 2)'
  when p_path !~ '^(/[A-Za-z0-9._~-]+)*$' then 'has a path that is not of plain segments, or ends in a slash'
  when p_path ~* '/(\.{1,2}|\.well-known|oauth)(/|$)' then 'has a segment in its path that is reserved'
end;

comment on function pgrant.issuer_fault(text, text, text) is
  'Why a URL, with its host and path, cannot be an issuer (RFC 8414 2, OpenID Connect Discovery 3): the twin of src/protocol/issuer.ts; null = it can.';

revoke execute on function pgrant.host_fault(text), pgrant.issuer_fault(text, text, text) from public;
grant execute on function pgrant.host_fault(text), pgrant.issuer_fault(text, text, text) to pgrant_definer;

create table pgrant.issuers (
  tenant_id    uuid primary key,
  name         text not null check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  issuer       text not null,
  title        text not null constraint issuers_title_sound check (pgrant.name_sound(title)),
  host         text not null,
  path         text not null,
  disabled_at  timestamptz,
  check (pgrant.issuer_fault(issuer, host, path) is null)
);

-- Expressions, so that no condition of an auditor can use them and tell who else is here (see pgrant.audited).
create unique index issuers_name on pgrant.issuers ((name || ''));
create unique index issuers_issuer on pgrant.issuers ((issuer || ''));
create unique index issuers_host_path on pgrant.issuers ((host || ''), path);

comment on table pgrant.issuers is 'Global catalogue: which tenant answers under which host and path. Read, never written, by pgrant_api.';
comment on column pgrant.issuers.name is 'The operator''s short name of the tenant.';
comment on column pgrant.issuers.issuer is 'Issuer identifier (RFC 8414 2): the URL, byte for byte as published.';
comment on column pgrant.issuers.title is 'The name that people see on the pages; the twin of pgrant.tenants.title.';
comment on column pgrant.issuers.host is 'Host of the issuer, lower case, with the port where it is not the scheme''s own.';
comment on column pgrant.issuers.path is 'Path of the issuer, '''' for none; never ends in a slash.';
comment on column pgrant.issuers.disabled_at is 'Since when every endpoint of the tenant refuses; the twin of pgrant.tenants.disabled_at.';

comment on constraint issuers_name_check on pgrant.issuers is '1 to 63 lower-case letters, digits and inner hyphens';
comment on constraint issuers_title_sound on pgrant.issuers is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint issuers_check on pgrant.issuers is 'an issuer is an https URL (http for loopback hosts) of its host and path, in their normal form (RFC 8414 2)';

select pgrant.replicate('pgrant.issuers');
alter table pgrant.issuers enable row level security;
alter table pgrant.issuers force row level security;
create policy catalogue on pgrant.issuers to pgrant_definer using (true) with check (true);
grant select, insert, update, delete on pgrant.issuers to pgrant_definer;
create policy catalogue_seen on pgrant.issuers for select to pgrant_janitor using (true);
grant select (tenant_id, disabled_at) on pgrant.issuers to pgrant_janitor;

create function pgrant.tenant_removed(p_tenant uuid) returns boolean
language plpgsql stable
as $$
begin
  return not exists (select from pgrant.issuers i where i.tenant_id = p_tenant);
end
$$;

comment on function pgrant.tenant_removed(uuid) is 'Whether there is no such tenant (any more). For policies, which have no sub-select.';

revoke execute on function pgrant.tenant_removed(uuid) from public;
grant execute on function pgrant.tenant_removed(uuid) to pgrant_janitor;

create function pgrant.token_members() returns text[]
language sql immutable parallel safe
as $$
  select array['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'typ', 'cnf', 'act', 'may_act', 'events',
               'azp', 'nonce', 'auth_time', 'acr', 'amr', 'at_hash', 'c_hash', 's_hash', 'sid',
               'client_id', 'scope', 'active', 'username', 'token_type', 'family_id', 'allowed_networks']
$$;

comment on function pgrant.token_members() is
  'Members of tokens and of introspection that say something of the token (RFC 7519 4.1, RFC 7662 2.2, RFC 9068 2.2, OpenID Connect Core 2): no claim of a person has such a name.';

create function pgrant.claim_name_spoken_for(p_names text[]) returns text
language sql immutable parallel safe
as $$
  select n.name
    from unnest(p_names) n (name)
   group by n.name
  having count(*) > 1
      or n.name = any (pgrant.token_members() || array['groups', 'address', 'email', 'email_verified', 'phone_number',
           'phone_number_verified', 'name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username',
           'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'])
   order by n.name
   limit 1
$$;

comment on function pgrant.claim_name_spoken_for(text[]) is
  'One of the names, of roles_claim, permissions_claim and tenant_claim, that means something else already, or is there twice; null = none.';

revoke execute on function pgrant.token_members(), pgrant.claim_name_spoken_for(text[]) from public;
grant execute on function pgrant.token_members(), pgrant.claim_name_spoken_for(text[]) to pgrant_definer;

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

create function pgrant.redirect_scheme_sound(p_scheme text) returns boolean
language sql immutable parallel safe
as $$
  select p_scheme ~ '^[a-z][a-z0-9+.-]{0,62}$'
     and p_scheme <> all (array['about', 'blob', 'chrome', 'content', 'data', 'file', 'filesystem', 'ftp', 'http', 'https', 'intent',
                                'jar', 'javascript', 'mailto', 'sms', 'tel', 'urn', 'vbscript', 'view-source', 'ws', 'wss'])
$$;

comment on function pgrant.redirect_scheme_sound(text) is
  'Whether a scheme can be an application''s own (RFC 8252 7.1): none that browsers give a meaning, run or hand to other programs.';

create function pgrant.redirect_schemes_sound(p_schemes text[]) returns boolean
language sql immutable parallel safe
as $$
  select not exists (select from unnest(p_schemes) s (scheme)
                      where s.scheme like '%.%' or pgrant.redirect_scheme_sound(s.scheme) is not true)
$$;

comment on function pgrant.redirect_schemes_sound(text[]) is
  'Whether each is a scheme without a dot that can be an application''s own; those with a dot need no permission.';

revoke execute on function pgrant.redirect_scheme_sound(text), pgrant.redirect_schemes_sound(text[]) from public;
grant execute on function pgrant.redirect_scheme_sound(text), pgrant.redirect_schemes_sound(text[]) to pgrant_definer;

create table pgrant.tenants (
  tenant_id                      uuid primary key,
  name                           text not null check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  title                          text not null constraint tenants_title_sound check (pgrant.name_sound(title)),
  issuer                         text not null,
  audience                       text check (length(audience) between 1 and 512),
  code_lifetime                  integer not null default 60 check (code_lifetime between 1 and 600),
  request_lifetime               integer not null default 600 check (request_lifetime between 60 and 3600),
  access_token_format            text not null default 'jwt' check (access_token_format in ('jwt', 'opaque')),
  access_token_alg               text not null default 'ES256' check (access_token_alg in ('ES256', 'RS256')),
  access_token_typ               text not null default 'at+jwt' check (access_token_typ in ('at+jwt', 'JWT')),
  access_token_lifetime          integer not null default 900 check (access_token_lifetime between 1 and 86400),
  id_token_lifetime              integer not null default 3600 check (id_token_lifetime between 1 and 86400),
  refresh_idle_lifetime          integer not null default 2592000 check (refresh_idle_lifetime between 1 and 157680000),
  refresh_lifetime               integer not null default 31536000 check (refresh_lifetime between 1 and 157680000),
  replay_window                  integer not null default 60 check (replay_window between 0 and 600),
  require_pkce                   boolean not null default true,
  consent_lifetime               integer not null default 2592000 check (consent_lifetime between 0 and 1576800000),
  session_lifetime               integer not null default 43200 check (session_lifetime between 60 and 2592000),
  session_idle_lifetime          integer not null default 28800 check (session_idle_lifetime between 60 and 2592000),
  login_failure_limit            integer not null default 10 check (login_failure_limit between 1 and 1000),
  login_failure_window           integer not null default 900 check (login_failure_window between 1 and 86400),
  key_rotation_interval          integer not null default 7776000 check (key_rotation_interval between 3600 and 63072000),
  key_publish_lead               integer not null default 86400 check (key_publish_lead between 120 and 604800),
  decoy_salt                     bytea not null check (length(decoy_salt) = 32),
  roles_claim                    text not null default 'roles' check (length(roles_claim) between 1 and 255),
  permissions_claim              text not null default 'permissions' check (length(permissions_claim) between 1 and 255),
  tenant_claim                   text not null default 'org_id' check (length(tenant_claim) between 1 and 255),
  login_url                      text
    check (login_url ~ '^(https://[a-z0-9][a-z0-9.-]*|http://(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?([/?]|$)'
           and length(login_url) <= 2000 and login_url ~ '^[\x21\x24-\x7E]+$'),
  login_issuer                   text check (length(login_issuer) between 1 and 512),
  login_jwks                     jsonb
    check (login_jwks ? 'keys'
           and jsonb_typeof(login_jwks -> 'keys') = 'array'
           and jsonb_array_length(login_jwks -> 'keys') <= 20
           and not jsonb_path_exists(login_jwks, '$.keys[*] ? (exists (@.d) || exists (@.p) || exists (@.q) || exists (@.k))')),
  registration                   text not null default 'closed' check (registration in ('closed', 'token', 'open')),
  registration_quota             integer not null default 1000 check (registration_quota between 0 and 1000000),
  registration_rate              integer not null default 20 check (registration_rate between 1 and 1000000),
  -- Uses are noted once a day: a shorter one would kill clients that are used.
  registered_idle_lifetime       integer not null default 7776000
    check (registered_idle_lifetime between 172800 and 157680000),
  registered_consent             text not null default 'assured' check (registered_consent in ('remember', 'assured', 'always')),
  software_statement_issuers     jsonb not null default '{}' check (jsonb_typeof(software_statement_issuers) = 'object'),
  assertion_audience             text not null default 'issuer' check (assertion_audience in ('issuer', 'token_endpoint')),
  assertion_lifetime             integer not null default 600 check (assertion_lifetime between 60 and 86400),
  client_documents               text not null default 'closed' check (client_documents in ('closed', 'listed', 'open')),
  client_document_hosts          text[] not null default '{}' check (pgrant.hosts_sound(client_document_hosts)),
  client_document_refused_hosts  text[] not null default '{}' check (pgrant.hosts_sound(client_document_refused_hosts)),
  client_document_quota          integer not null default 1000 check (client_document_quota between 0 and 1000000),
  client_document_rate           integer not null default 120 check (client_document_rate between 1 and 1000000),
  redirect_schemes               text[] not null default '{}' check (pgrant.redirect_schemes_sound(redirect_schemes)),
  refusal_limit                  integer not null default 300 check (refusal_limit between 1 and 1000000),
  authorization_rate             integer not null default 600 check (authorization_rate between 1 and 1000000),
  trusted_networks               cidr[] not null default '{}',
  created_at                     timestamptz not null default now(),
  disabled_at                    timestamptz,
  constraint tenants_claim_names check (pgrant.claim_name_spoken_for(array[roles_claim, permissions_claim, tenant_claim]) is null)
);

comment on table pgrant.tenants is 'One row per tenant: its policy. Lifetimes are in seconds.';
comment on column pgrant.tenants.title is 'The name that people see on the pages.';
comment on column pgrant.tenants.audience is 'The aud of access tokens (RFC 9068 3); null = the issuer.';
comment on column pgrant.tenants.code_lifetime is 'For so long an authorization code is good.';
comment on column pgrant.tenants.request_lifetime is 'For so long an authorization request is good, while the person signs in.';
comment on column pgrant.tenants.access_token_format is 'Of access tokens whose resource and client say nothing else; so are alg and lifetime.';
comment on column pgrant.tenants.access_token_alg is 'What JWT access tokens are signed by (RFC 7518 3.1).';
comment on column pgrant.tenants.access_token_typ is 'typ of JWT access tokens (RFC 9068 2.1), unless their resource says otherwise; JWT is for resource servers that refuse at+jwt.';
comment on column pgrant.tenants.access_token_lifetime is 'For so long an access token is good.';
comment on column pgrant.tenants.id_token_lifetime is 'For so long an ID token is good.';
comment on column pgrant.tenants.refresh_idle_lifetime is 'A refresh token that is not used for so long dies; each use starts it anew.';
comment on column pgrant.tenants.refresh_lifetime is 'A refresh token and its successors die after so long, however often they are used.';
comment on column pgrant.tenants.replay_window is 'For so long a superseded refresh token gets the same successor again; 0 = never.';
comment on column pgrant.tenants.require_pkce is 'Whether confidential clients that are made from now on have to send a code_challenge (RFC 7636); public clients always have to.';
comment on column pgrant.tenants.consent_lifetime is 'For so long a consent is remembered; 0 = it never expires.';
comment on column pgrant.tenants.session_lifetime is 'For so long a person stays signed in.';
comment on column pgrant.tenants.session_idle_lifetime is 'A session that is not used for so long ends.';
comment on column pgrant.tenants.login_failure_limit is 'How many logins may fail per username and address prefix within login_failure_window.';
comment on column pgrant.tenants.login_failure_window is 'For so long a failed login counts.';
comment on column pgrant.tenants.key_rotation_interval is 'A signing key signs for so long before the next one does.';
comment on column pgrant.tenants.key_publish_lead is 'A new signing key is in the JWKS for so long before it signs.';
comment on column pgrant.tenants.decoy_salt is 'Makes the salt shown for an unknown username stable.';
comment on column pgrant.tenants.roles_claim is 'Name of the claim of access tokens with the person''s roles; clients of another vendor may want a namespaced one.';
comment on column pgrant.tenants.permissions_claim is 'Name of the claim of access tokens with the roles that the token may use.';
comment on column pgrant.tenants.tenant_claim is 'Name of the claim of access tokens with the name of the tenant.';
comment on column pgrant.tenants.login_url is 'The product''s own login page, to which browsers are sent instead of the one of pgrant; https, or http on a loopback host. Null = pgrant asks for the password.';
comment on column pgrant.tenants.login_issuer is 'The iss of the product''s signed answers; the origin of login_url where null.';
comment on column pgrant.tenants.login_jwks is 'JWK set (RFC 7517) with the public keys of the product''s signed answers; null = the product answers by SQL only.';
comment on column pgrant.tenants.registration is
  'Who may register a client: nobody (closed), who has an initial access token (token), anybody (open).';
comment on column pgrant.tenants.registration_quota is 'How many clients that registered themselves may live at once.';
comment on column pgrant.tenants.registration_rate is
  'Registrations without an initial access token in an hour, per address (IPv4) or /64 (IPv6).';
comment on column pgrant.tenants.registered_idle_lifetime is
  'A client that registered itself, and by which nobody was sent here and which got no token for so long, is removed.';
comment on column pgrant.tenants.registered_consent is
  'The consent (see pgrant.clients) of clients that register themselves or come from a document, from then on.';
comment on column pgrant.tenants.software_statement_issuers is
  'Whose software statements (RFC 7591 2.3) are believed: {issuer: JWK set}. {} = nobody''s.';
comment on column pgrant.tenants.assertion_audience is
  'The aud of private_key_jwt, of clients that registered themselves too: issuer = the issuer alone (RFC 10070); token_endpoint = the URL of the token endpoint will do as well.';
comment on column pgrant.tenants.assertion_lifetime is 'For how many seconds from now an assertion may be good at most; its jti is remembered for as long.';
comment on column pgrant.tenants.client_documents is
  'Whose client metadata documents are taken: nobody''s (closed), those of client_document_hosts (listed), everybody''s (open).';
comment on column pgrant.tenants.client_document_hosts is
  'With client_documents listed: the hosts that may publish clients; *.example.com = every host below example.com.';
comment on column pgrant.tenants.client_document_refused_hosts is
  'The hosts that may not publish clients, whatever else is set; *.example.com = every host below example.com.';
comment on column pgrant.tenants.client_document_quota is 'How many clients may live at once that came from a document.';
comment on column pgrant.tenants.client_document_rate is
  'For how many authorization requests in an hour a document is fetched, per address (IPv4) or /64 (IPv6) that sends them.';
comment on column pgrant.tenants.redirect_schemes is
  'Private-use schemes that public clients may have in redirect URIs though they are no reversed domain name, which RFC 8252 7.1 asks for: any program may claim them. Asked when a client is registered or changed.';
comment on column pgrant.tenants.refusal_limit is
  'Refused requests of one address (an IPv6 /64 counts as one) in a minute. What is refused beyond gets 429, what is good is still granted; beyond ten times as many everything from the address gets 429 until the minute is over.';
comment on column pgrant.tenants.authorization_rate is 'Sign-ins that one address may begin in a minute.';
comment on column pgrant.tenants.trusted_networks is
  'Networks for which refusal_limit and authorization_rate do not hold, such as those of backends that act for many people.';

-- What a setting may be, in words: pgrant_ops.setting_list() shows them, and a refusal says them.
comment on constraint tenants_name_check on pgrant.tenants is '1 to 63 lower-case letters, digits and inner hyphens';
comment on constraint tenants_title_sound on pgrant.tenants is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint tenants_audience_check on pgrant.tenants is 'text of 1 to 512 characters';
comment on constraint tenants_code_lifetime_check on pgrant.tenants is 'a whole number of seconds from 1 to 600';
comment on constraint tenants_request_lifetime_check on pgrant.tenants is 'a whole number of seconds from 60 to 3600';
comment on constraint tenants_access_token_lifetime_check on pgrant.tenants is 'a whole number of seconds from 1 to 86400';
comment on constraint tenants_id_token_lifetime_check on pgrant.tenants is 'a whole number of seconds from 1 to 86400';
comment on constraint tenants_refresh_idle_lifetime_check on pgrant.tenants is 'a whole number of seconds from 1 to 157680000';
comment on constraint tenants_refresh_lifetime_check on pgrant.tenants is 'a whole number of seconds from 1 to 157680000';
comment on constraint tenants_replay_window_check on pgrant.tenants is 'a whole number of seconds from 0 to 600';
comment on constraint tenants_consent_lifetime_check on pgrant.tenants is 'a whole number of seconds from 0 to 1576800000';
comment on constraint tenants_session_lifetime_check on pgrant.tenants is 'a whole number of seconds from 60 to 2592000';
comment on constraint tenants_session_idle_lifetime_check on pgrant.tenants is 'a whole number of seconds from 60 to 2592000';
comment on constraint tenants_login_failure_limit_check on pgrant.tenants is 'a whole number from 1 to 1000';
comment on constraint tenants_login_failure_window_check on pgrant.tenants is 'a whole number of seconds from 1 to 86400';
comment on constraint tenants_key_rotation_interval_check on pgrant.tenants is 'a whole number of seconds from 3600 to 63072000';
comment on constraint tenants_key_publish_lead_check on pgrant.tenants is 'a whole number of seconds from 120 to 604800';
comment on constraint tenants_roles_claim_check on pgrant.tenants is 'text of 1 to 255 characters';
comment on constraint tenants_permissions_claim_check on pgrant.tenants is 'text of 1 to 255 characters';
comment on constraint tenants_tenant_claim_check on pgrant.tenants is 'text of 1 to 255 characters';
comment on constraint tenants_login_url_check on pgrant.tenants is 'an https URL (http on a loopback host) of at most 2000 characters, without fragment';
comment on constraint tenants_login_issuer_check on pgrant.tenants is 'text of 1 to 512 characters';
comment on constraint tenants_login_jwks_check on pgrant.tenants is 'a JWK set (RFC 7517) of at most 20 public keys';
comment on constraint tenants_registration_quota_check on pgrant.tenants is 'a whole number from 0 to 1000000';
comment on constraint tenants_registration_rate_check on pgrant.tenants is 'a whole number from 1 to 1000000';
comment on constraint tenants_registered_idle_lifetime_check on pgrant.tenants is 'a whole number of seconds from 172800 to 157680000';
comment on constraint tenants_software_statement_issuers_check on pgrant.tenants is 'a JSON object such as {"https://statements.example": {"keys": […]}}';
comment on constraint tenants_assertion_lifetime_check on pgrant.tenants is 'a whole number of seconds from 60 to 86400';
comment on constraint tenants_client_document_hosts_check on pgrant.tenants is 'a list of host names in lower case, such as ["claude.ai", "*.example.com"]';
comment on constraint tenants_client_document_refused_hosts_check on pgrant.tenants is 'a list of host names in lower case, such as ["evil.example"]';
comment on constraint tenants_client_document_quota_check on pgrant.tenants is 'a whole number from 0 to 1000000';
comment on constraint tenants_client_document_rate_check on pgrant.tenants is 'a whole number from 1 to 1000000';
comment on constraint tenants_redirect_schemes_check on pgrant.tenants is 'a list of schemes of applications, without a dot, such as ["cursor"]';
comment on constraint tenants_refusal_limit_check on pgrant.tenants is 'a whole number from 1 to 1000000';
comment on constraint tenants_authorization_rate_check on pgrant.tenants is 'a whole number from 1 to 1000000';
comment on constraint tenants_claim_names on pgrant.tenants is
  'names for roles_claim, permissions_claim and tenant_claim that differ from each other and from all other claims of tokens and userinfo';

select pgrant.isolate('pgrant.tenants');

-- What the checks allow, the metadata publish and the command line takes: one list of each, read by the generator.
create function pgrant.signing_algs() returns text[]
language sql immutable parallel safe
as $$ select array['RS256', 'ES256'] $$;

comment on function pgrant.signing_algs() is 'The algorithms by which the server signs tokens (RFC 7518 3.1).';

revoke execute on function pgrant.signing_algs() from public;
-- Whoever reads a table evaluates what is constant in its checks.
grant execute on function pgrant.signing_algs() to pgrant_definer, pgrant_janitor, pgrant_sealer, pgrant_auditor;

create table pgrant.signing_keys (
  tenant_id       uuid not null references pgrant.tenants on delete cascade,
  kid             text not null,
  alg             text not null check (alg = any (pgrant.signing_algs())),
  public_jwk      jsonb not null check (not public_jwk ?| array['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']),
  sealed_private  bytea not null,
  created_at      timestamptz not null default now(),
  active_at       timestamptz not null,
  expires_at      timestamptz not null default 'infinity',
  primary key (tenant_id, kid)
);

comment on table pgrant.signing_keys is 'Signing keys: published from created_at, signing from active_at until a younger one is active, published until expires_at.';
comment on column pgrant.signing_keys.sealed_private is 'Private half, AES-256-GCM under a key that the database does not have.';
comment on column pgrant.signing_keys.expires_at is 'When the last token that it signed is dead: infinity until a successor is published.';

select pgrant.isolate('pgrant.signing_keys');
select pgrant.expire('pgrant.signing_keys');
create index signing_keys_expires_at on pgrant.signing_keys (tenant_id, expires_at);


-- A scope is a role: defining the role defines the scope. People have roles directly, or through groups.

create table pgrant.scopes (
  tenant_id      uuid not null references pgrant.tenants on delete cascade,
  scope          text not null check (scope ~ '^[\x21\x23-\x5B\x5D-\x7E]{1,128}$'),
  title          text not null constraint scopes_title_sound check (pgrant.name_sound(title)),
  description    text not null default ''
    constraint scopes_description_sound check (length(description) <= 1000 and pgrant.text_sound(replace(description, E'\n', ' '))),
  sensitive      boolean not null default false,
  requires_role  boolean not null default false,
  icon           text check (icon ~ '^[a-z0-9-]{1,40}$'),
  created_at     timestamptz not null default now(),
  disabled_at    timestamptz,
  primary key (tenant_id, scope)
);

comment on table pgrant.scopes is 'What may be asked for at a tenant, in words for people.';
comment on column pgrant.scopes.scope is 'scope-token (RFC 6749 3.3).';
comment on column pgrant.scopes.sensitive is 'Shown with a warning at consent.';
comment on column pgrant.scopes.requires_role is 'True for a role: effective only for people who have it now. False for what anybody may allow, such as openid.';
comment on column pgrant.scopes.icon is 'Name of an icon that a product''s own pages may show.';
comment on column pgrant.scopes.disabled_at is 'Since when nobody gets it, tokens that have been issued included.';

comment on constraint scopes_scope_check on pgrant.scopes is 'a scope-token (RFC 6749 3.3): 1 to 128 visible characters of ASCII without quotation mark and backslash';
comment on constraint scopes_title_sound on pgrant.scopes is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint scopes_description_sound on pgrant.scopes is
  'text of at most 1000 characters, but for line breaks only such as people can see';
comment on constraint scopes_icon_check on pgrant.scopes is '1 to 40 lower-case letters, digits and hyphens';

select pgrant.isolate('pgrant.scopes');

create function pgrant.claims_fault(p_claims jsonb) returns text
language sql immutable parallel safe
as $$
  select format('the claim %s is no %s', c.key, c.type)
    from (select k.key, k.value, case
                   when k.key in ('email_verified', 'phone_number_verified') then 'boolean'
                   when k.key = 'updated_at' then 'number'
                   when k.key = 'address' then 'object'
                   when k.key in ('sub', 'name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username',
                                  'profile', 'picture', 'website', 'email', 'gender', 'birthdate', 'zoneinfo', 'locale',
                                  'phone_number') then 'string'
                 end as type
            from jsonb_each(case when jsonb_typeof(p_claims) = 'object' then p_claims end) k) c
   where jsonb_typeof(c.value) not in (c.type, 'null')
      or c.key = 'address' and jsonb_path_exists(c.value, '$.* ? (@.type() != "string" && @.type() != "null")')
   order by c.key
   limit 1
$$;

comment on function pgrant.claims_fault(jsonb) is
  'Which standard claim is of another type than OpenID Connect Core 5.1 gives it (of an address, its members too); null = none.';

revoke execute on function pgrant.claims_fault(jsonb) from public;
grant execute on function pgrant.claims_fault(jsonb) to pgrant_definer;

create table pgrant.users (
  tenant_id         uuid not null references pgrant.tenants on delete cascade,
  user_id           uuid not null default gen_random_uuid(),
  username          text not null
    check (length(username) between 1 and 255) constraint users_username_sound check (pgrant.name_sound(username)),
  username_key      text not null generated always as (lower(username)) stored,
  external_subject  text check (length(external_subject) between 1 and 255),
  claims            jsonb not null default '{}' check (jsonb_typeof(claims) = 'object' and pgrant.claims_fault(claims) is null),
  password_salt     bytea,
  password_params   jsonb,
  password_hash     bytea check (length(password_hash) = 32),
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),
  disabled_at       timestamptz,
  primary key (tenant_id, user_id)
);

-- Under row-level security a condition on lower(username) uses no index: lower() is not leakproof, equality of text is.
create unique index users_username on pgrant.users (tenant_id, username_key);
create unique index users_external_subject on pgrant.users (tenant_id, external_subject) where external_subject is not null;

comment on table pgrant.users is 'People who can sign in.';
comment on column pgrant.users.user_id is 'The sub of their tokens.';
comment on column pgrant.users.username_key is 'The username in lower case, by which people are found: ADA and ada are one.';
comment on column pgrant.users.external_subject is 'What the product calls this person when it answers a login challenge; null for people whom it has not signed in.';
comment on column pgrant.users.claims is 'Standard claims (OpenID Connect Core 5.1) as they leave at userinfo.';
comment on column pgrant.users.password_params is 'Argon2id parameters (RFC 9106): m in KiB, t, p.';
comment on column pgrant.users.password_hash is 'SHA-256 of the Argon2id key, which only the web process derives.';
comment on column pgrant.users.updated_at is 'When claims last changed (updated_at of OpenID Connect Core 5.1).';

comment on constraint users_username_check on pgrant.users is 'text of 1 to 255 characters';
comment on constraint users_username_sound on pgrant.users is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint users_external_subject_check on pgrant.users is 'text of 1 to 255 characters';
comment on constraint users_claims_check on pgrant.users is 'a JSON object';

-- EXPLAIN shows what the planner expects, for which it asks the statistics of all tenants. Of what people are called they
-- keep a name or two, and not the hundred that could be found out by asking what is expected between two names.
alter table pgrant.users
  alter column username set statistics 1, alter column username_key set statistics 1, alter column external_subject set statistics 1;
select pgrant.isolate('pgrant.users');

create table pgrant.user_roles (
  tenant_id   uuid not null,
  user_id     uuid not null,
  scope       text not null,
  source      text not null default 'operator' check (source in ('operator', 'login')),
  created_at  timestamptz not null default now(),
  primary key (tenant_id, user_id, scope, source),
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade,
  foreign key (tenant_id, scope) references pgrant.scopes on delete cascade
);

create index user_roles_scope on pgrant.user_roles (tenant_id, scope);

comment on table pgrant.user_roles is 'Roles that people have directly.';
comment on column pgrant.user_roles.source is 'operator, or login: what the product said at the last login, and replaces at the next.';

create table pgrant.groups (
  tenant_id   uuid not null references pgrant.tenants on delete cascade,
  group_name  text not null check (group_name ~ '^[\x21-\x7E]{1,128}$'),
  title       text not null constraint groups_title_sound check (pgrant.name_sound(title)),
  created_at  timestamptz not null default now(),
  primary key (tenant_id, group_name)
);

comment on table pgrant.groups is 'Groups of people: teams, departments, the roles of an upstream.';

comment on constraint groups_group_name_check on pgrant.groups is '1 to 128 visible characters of ASCII';
comment on constraint groups_title_sound on pgrant.groups is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';

create table pgrant.group_roles (
  tenant_id   uuid not null,
  group_name  text not null,
  scope       text not null,
  primary key (tenant_id, group_name, scope),
  foreign key (tenant_id, group_name) references pgrant.groups on delete cascade,
  foreign key (tenant_id, scope) references pgrant.scopes on delete cascade
);

create index group_roles_scope on pgrant.group_roles (tenant_id, scope);

comment on table pgrant.group_roles is 'Roles that the members of a group have.';

create table pgrant.group_members (
  tenant_id   uuid not null,
  group_name  text not null,
  user_id     uuid not null,
  source      text not null default 'operator',
  created_at  timestamptz not null default now(),
  primary key (tenant_id, user_id, group_name, source),
  foreign key (tenant_id, group_name) references pgrant.groups on delete cascade,
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade
);

create index group_members_group on pgrant.group_members (tenant_id, group_name);

comment on table pgrant.group_members is 'Who is in a group, and who says so.';
comment on column pgrant.group_members.source is 'operator, or the name of the upstream whose mapping put the person there and takes it out again.';

select pgrant.isolate('pgrant.user_roles');
select pgrant.isolate('pgrant.groups');
select pgrant.isolate('pgrant.group_roles');
select pgrant.isolate('pgrant.group_members');


-- Clients, and their secrets. An API credential, a key that a person makes for an application of their own, is a client with
-- a maker: several live secrets, expiry, client_credentials and introspection are the ones of clients.

create function pgrant.grant_types() returns text[]
language sql immutable parallel safe
as $$ select array['authorization_code', 'refresh_token', 'client_credentials'] $$;

comment on function pgrant.grant_types() is 'The grant types of the token endpoint (RFC 6749 1.3).';

create function pgrant.auth_methods() returns text[]
language sql immutable parallel safe
as $$ select array['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] $$;

comment on function pgrant.auth_methods() is
  'How clients authenticate (token_endpoint_auth_method of RFC 7591 2); none = a public client, which does not.';

create function pgrant.client_algs() returns text[]
language sql immutable parallel safe
as $$ select array['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] $$;

comment on function pgrant.client_algs() is 'The algorithms by which clients sign (RFC 7518 3.1, RFC 9864).';

revoke execute on function pgrant.grant_types(), pgrant.auth_methods(), pgrant.client_algs() from public;
grant execute on function pgrant.grant_types(), pgrant.auth_methods(), pgrant.client_algs()
  to pgrant_definer, pgrant_janitor, pgrant_sealer, pgrant_auditor;

create function pgrant.redirect_uris_sound(p_uris text[]) returns boolean
language sql immutable parallel safe
as $$
  select not exists (
    select from unnest(p_uris) u (uri)
     where not (u.uri ~ '^https://[^/?#@\\\s]+([/?]|$)'
                or u.uri ~ '^http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?([/?]|$)'
                or u.uri ~ '^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+:/'
                or u.uri ~ '^[a-z][a-z0-9+-]*:/' and pgrant.redirect_scheme_sound(split_part(u.uri, ':', 1)))
        or u.uri ~ '[#\s\\*]'
        or length(u.uri) > 2048)
$$;

comment on function pgrant.redirect_uris_sound(text[]) is
  'Whether codes may be sent to each of the URIs: https, http on a loopback host, or a private-use scheme (RFC 8252 7), one without a dot only where redirect_schemes of the tenant has it; no fragment, credentials, wildcard or white space (RFC 9700 4.1).';

revoke execute on function pgrant.redirect_uris_sound(text[]) from public;
grant execute on function pgrant.redirect_uris_sound(text[]) to pgrant_definer;

create function pgrant.origins_sound(p_origins text[]) returns boolean
language sql immutable parallel safe
as $$
  select not exists (
    select from unnest(p_origins) o (origin)
     where (o.origin ~ '^[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$'
            and o.origin !~ '^(http://.*:80|https://.*:443)$'
            and length(o.origin) <= 300) is not true)
$$;

comment on function pgrant.origins_sound(text[]) is
  'Whether each is an origin as browsers write it (RFC 6454 6.2): scheme and host in lower case, no path, no port that the scheme means anyway; a packaged application''s own scheme is one.';

revoke execute on function pgrant.origins_sound(text[]) from public;
grant execute on function pgrant.origins_sound(text[]) to pgrant_definer;

create function pgrant.jwks_sound(p_jwks jsonb) returns boolean
language sql immutable parallel safe
as $$
  select case when jsonb_typeof(p_jwks -> 'keys') = 'array'
              then jsonb_array_length(p_jwks -> 'keys') <= 20
               and octet_length(p_jwks::text) <= 20480
               and not jsonb_path_exists(p_jwks, '$.keys[*] ? (exists (@.d) || exists (@.p) || exists (@.q) || exists (@.k))')
              else false end
$$;

comment on function pgrant.jwks_sound(jsonb) is
  'Whether it is a JWK set (RFC 7517 5) of at most 20 keys in 20 KiB that holds no private and no symmetric key.';

revoke execute on function pgrant.jwks_sound(jsonb) from public;
grant execute on function pgrant.jwks_sound(jsonb) to pgrant_definer;

create table pgrant.clients (
  tenant_id                        uuid not null references pgrant.tenants on delete cascade,
  client_id                        text not null check (client_id ~ '^[\x21-\x7E]{1,255}$'),
  name                             text not null constraint clients_name_sound check (pgrant.name_sound(name)),
  token_endpoint_auth_method       text not null default 'client_secret_basic'
    check (token_endpoint_auth_method = any (pgrant.auth_methods())),
  application_type                 text not null default 'web' check (application_type in ('web', 'native')),
  redirect_uris                    text[] not null default '{}' check (pgrant.redirect_uris_sound(redirect_uris)),
  post_logout_redirect_uris        text[] not null default '{}',
  allowed_origins                  text[] not null default '{}' check (pgrant.origins_sound(allowed_origins)),
  grant_types                      text[] not null default '{authorization_code,refresh_token}'
    check (grant_types <@ pgrant.grant_types()),
  scopes                           text[],
  consent                          text not null default 'remember' check (consent in ('remember', 'assured', 'always', 'never')),
  require_pkce                     boolean not null default true,
  access_token_format              text check (access_token_format in ('jwt', 'opaque')),
  access_token_alg                 text check (access_token_alg = any (pgrant.signing_algs())),
  id_token_alg                     text not null default 'RS256' check (id_token_alg = any (pgrant.signing_algs())),
  id_token_claims                  boolean not null default false,
  access_token_lifetime            integer check (access_token_lifetime between 1 and 86400),
  id_token_lifetime                integer check (id_token_lifetime between 1 and 86400),
  refresh_idle_lifetime            integer check (refresh_idle_lifetime between 1 and 157680000),
  refresh_lifetime                 integer check (refresh_lifetime between 1 and 157680000),
  replay_window                    integer check (replay_window between 0 and 600),
  consent_lifetime                 integer check (consent_lifetime between 0 and 1576800000),
  maker_id                         uuid,
  allowed_networks                 cidr[],
  client_uri                       text,
  logo_uri                         text,
  tos_uri                          text,
  policy_uri                       text,
  contacts                         text[],
  software_id                      text,
  software_version                 text,
  default_max_age                  integer check (default_max_age >= 0),
  require_auth_time                boolean,
  initiate_login_uri               text check (initiate_login_uri like 'https://%'),
  jwks                             jsonb constraint clients_jwks_sound check (jwks is null or pgrant.jwks_sound(jwks)),
  jwks_uri                         text
    check (jwks_uri ~ '^(https://|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/|$))' and length(jwks_uri) <= 2048),
  token_endpoint_auth_signing_alg  text check (token_endpoint_auth_signing_alg = any (pgrant.client_algs())),
  assertion_audience               text check (assertion_audience in ('issuer', 'token_endpoint')),
  assertion_lifetime               integer check (assertion_lifetime between 60 and 86400),
  userinfo_alg                     text check (userinfo_alg = any (pgrant.signing_algs())),
  registered                       jsonb,
  registered_at                    timestamptz,
  registered_from                  cidr,
  registration_token_hash          bytea check (length(registration_token_hash) = 32),
  left_out                         jsonb check (jsonb_typeof(left_out) = 'object'),
  document_fetched_at              timestamptz,
  document_expires_at              timestamptz,
  requested_at                     timestamptz,
  last_used_at                     timestamptz,
  expires_at                       timestamptz,
  identity_changed_at              timestamptz not null default now(),
  created_at                       timestamptz not null default now(),
  disabled_at                      timestamptz,
  primary key (tenant_id, client_id),
  constraint clients_maker foreign key (tenant_id, maker_id) references pgrant.users on delete cascade,
  -- RFC 6749 4.4: client credentials are for confidential clients only.
  constraint clients_machine check (token_endpoint_auth_method <> 'none' or not 'client_credentials' = any (grant_types)),
  -- RFC 7636, OAuth 2.1 7.5.1: nothing waives PKCE for a public client.
  constraint clients_pkce check (token_endpoint_auth_method <> 'none' or require_pkce),
  constraint clients_redirects check (not 'authorization_code' = any (grant_types) or cardinality(redirect_uris) > 0),
  constraint clients_credential
    check (maker_id is null or (grant_types = array['client_credentials'] and redirect_uris = '{}' and scopes is not null)),
  constraint clients_jwks check (jwks is null or jwks_uri is null),
  constraint clients_keys check (token_endpoint_auth_method <> 'private_key_jwt' or jwks is not null or jwks_uri is not null),
  constraint clients_registered check ((registered_at is null) = (expires_at is null)
    and (registered_at is not null and document_fetched_at is null) = (registration_token_hash is not null)),
  constraint clients_document check ((document_fetched_at is null) = (document_expires_at is null)
    and (document_fetched_at is null or registered_at is not null and client_id ~ '^https?://'))
);

create index clients_maker on pgrant.clients (tenant_id, maker_id) where maker_id is not null;
create index clients_registered_live on pgrant.clients (tenant_id, expires_at) where registered_at is not null;
create index clients_expires_at on pgrant.clients ((expires_at at time zone 'UTC')) where registered_at is not null;
create index clients_document_live on pgrant.clients (tenant_id, expires_at) where document_fetched_at is not null;

comment on table pgrant.clients is 'Applications that may ask for tokens. A null lifetime, format or alg means the tenant''s.';
comment on column pgrant.clients.name is 'The name that people see at consent.';
comment on column pgrant.clients.token_endpoint_auth_method is 'How the client authenticates; none = a public client.';
comment on column pgrant.clients.application_type is 'native = runs on the person''s device (RFC 8252).';
comment on column pgrant.clients.redirect_uris is 'Where codes may be sent.';
comment on column pgrant.clients.post_logout_redirect_uris is 'Where browsers may go after logout.';
comment on column pgrant.clients.allowed_origins is
  'Web origins whose programs may read what the token endpoint and its neighbours answer (CORS), besides those of redirect_uris.';
comment on column pgrant.clients.grant_types is 'What the client may use at the token endpoint.';
comment on column pgrant.clients.scopes is 'What the client may ask for; null = every scope of the tenant.';
comment on column pgrant.clients.consent is 'remember = asked again only for more or after consent_lifetime; assured = so, where the client authenticates or the redirect URI is https, and each time where any program could be it (RFC 8252 8.6); always = asked each time; never = a first-party client.';
comment on column pgrant.clients.require_pkce is
  'False lets a confidential client off PKCE: nothing but its own nonce then tells an injected code (RFC 9700 2.1.1).';
comment on column pgrant.clients.access_token_format is 'jwt = a signed token (RFC 9068); opaque = one that is introspected; null = the tenant''s.';
comment on column pgrant.clients.access_token_alg is 'How access tokens are signed; null = as the tenant says.';
comment on column pgrant.clients.id_token_alg is 'How ID tokens are signed.';
comment on column pgrant.clients.id_token_claims is
  'Whether the claims that the scopes ask for are in the ID token too, for clients that never ask userinfo (OpenID Connect Core 5.4).';
comment on column pgrant.clients.access_token_lifetime is 'For so long an access token is good; null = the tenant''s.';
comment on column pgrant.clients.id_token_lifetime is 'For so long an ID token is good; null = the tenant''s.';
comment on column pgrant.clients.refresh_idle_lifetime is 'A refresh token that is not used for so long dies; null = the tenant''s.';
comment on column pgrant.clients.refresh_lifetime is 'A refresh token and its successors die after so long; null = the tenant''s.';
comment on column pgrant.clients.replay_window is 'For so long a superseded refresh token gets the same successor again; null = the tenant''s.';
comment on column pgrant.clients.consent_lifetime is 'For so long a consent is remembered; null = the tenant''s.';
comment on column pgrant.clients.maker_id is 'Set on an API credential: the person who made it and whose current roles bound what it may do. Null for applications.';
comment on column pgrant.clients.allowed_networks is 'From where the client may authenticate; null = from anywhere.';
comment on column pgrant.clients.client_uri is 'Home page of the application.';
comment on column pgrant.clients.logo_uri is 'Echoed; never loaded by a page of ours, whose policy allows no foreign image.';
comment on column pgrant.clients.default_max_age is 'max_age of requests that do not say (OpenID Connect Registration 2).';
comment on column pgrant.clients.require_auth_time is 'Echoed: auth_time is in every ID token.';
comment on column pgrant.clients.initiate_login_uri is 'Where a third party may start a sign-in (OpenID Connect Core 4).';
comment on column pgrant.clients.jwks is 'JWK set (RFC 7517) with the public keys by which the client signs private_key_jwt.';
comment on column pgrant.clients.jwks_uri is
  'Where that JWK set is instead; https, or http on a loopback host (fetched by a server on a loopback address only).';
comment on column pgrant.clients.token_endpoint_auth_signing_alg is
  'The one alg (RFC 7518 3.1, RFC 9864) by which the client signs private_key_jwt; null = any of them.';
comment on column pgrant.clients.assertion_audience is 'Whom this client''s assertions have to name; null = as the tenant says.';
comment on column pgrant.clients.assertion_lifetime is 'For how many seconds from now an assertion of this client may be good at most; null = as the tenant says.';
comment on column pgrant.clients.userinfo_alg is
  'How the claims at userinfo are signed, as a JWT with iss and aud (userinfo_signed_response_alg); null = they are not, and are JSON.';
comment on column pgrant.clients.registered is 'Registered metadata that have no column and change nothing here; echoed.';
comment on column pgrant.clients.registered_at is
  'Set on a client that registered itself, or came from a document: when.';
comment on column pgrant.clients.registered_from is 'From which address (IPv4) or /64 (IPv6) it registered.';
comment on column pgrant.clients.registration_token_hash is 'SHA-256 of the registration access token (RFC 7592 1.3).';
comment on column pgrant.clients.left_out is
  'Redirect URIs and scopes that it asked for when it registered, or its document, and does not have (RFC 7591 3.2.1): {value: rule}. Told to whoever asks for one of them.';
comment on column pgrant.clients.document_fetched_at is
  'Set on a client that came from the document at its client_id: when that was last fetched and good.';
comment on column pgrant.clients.document_expires_at is
  'Until when the document is fresh; after that it is fetched again before the next authorization request.';
comment on column pgrant.clients.requested_at is 'When a person was last sent here by a client that registered itself, to the day.';
comment on column pgrant.clients.last_used_at is 'When a client that registered itself last got a token, to the day.';
comment on column pgrant.clients.expires_at is
  'Until when a client that registered itself or came from a document lives: an hour where it is never used, then registered_idle_lifetime from each use. Null = for ever.';
comment on column pgrant.clients.identity_changed_at is
  'When what people decide by last changed: the name, a page, the policy, the logo, a new redirect URI or key, how it authenticates. Consents from before are asked for again.';
comment on column pgrant.clients.disabled_at is 'Since when everything that the client has is refused.';

-- Where a check has a list of values its words are that list.
comment on constraint clients_client_id_check on pgrant.clients is '1 to 255 visible characters of ASCII';
comment on constraint clients_name_sound on pgrant.clients is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint clients_redirect_uris_check on pgrant.clients is 'a list of redirect URIs: https, http on a loopback host, or an application''s own scheme (RFC 8252 7); without fragment, credentials or wildcard';
comment on constraint clients_allowed_origins_check on pgrant.clients is 'a list of web origins as browsers write them: scheme, host and port, without a path';
comment on constraint clients_access_token_lifetime_check on pgrant.clients is 'a whole number of seconds from 1 to 86400';
comment on constraint clients_id_token_lifetime_check on pgrant.clients is 'a whole number of seconds from 1 to 86400';
comment on constraint clients_refresh_idle_lifetime_check on pgrant.clients is 'a whole number of seconds from 1 to 157680000';
comment on constraint clients_refresh_lifetime_check on pgrant.clients is 'a whole number of seconds from 1 to 157680000';
comment on constraint clients_replay_window_check on pgrant.clients is 'a whole number of seconds from 0 to 600';
comment on constraint clients_consent_lifetime_check on pgrant.clients is 'a whole number of seconds from 0 to 1576800000';
comment on constraint clients_jwks_sound on pgrant.clients is 'a JWK set (RFC 7517) of at most 20 public keys in 20 KiB';
comment on constraint clients_jwks_uri_check on pgrant.clients is 'an https URL (http on a loopback host) of at most 2048 characters';
comment on constraint clients_assertion_lifetime_check on pgrant.clients is 'a whole number of seconds from 60 to 86400';
comment on constraint clients_left_out_check on pgrant.clients is 'a JSON object: the rule that refuses it, by the value';
comment on constraint clients_machine on pgrant.clients is 'a client that cannot authenticate (token_endpoint_auth_method none) may not have the grant type client_credentials (RFC 6749 4.4)';
comment on constraint clients_pkce on pgrant.clients is 'a public client (token_endpoint_auth_method none) must have require_pkce (OAuth 2.1 7.5.1)';
comment on constraint clients_redirects on pgrant.clients is 'a client with the grant type authorization_code needs a redirect URI';
comment on constraint clients_credential on pgrant.clients is
  'an API credential has the grant type client_credentials alone, scopes, and no redirect URI';
comment on constraint clients_jwks on pgrant.clients is 'a client has jwks or jwks_uri, not both';
comment on constraint clients_keys on pgrant.clients is 'a client with token_endpoint_auth_method private_key_jwt needs jwks or jwks_uri';

select pgrant.isolate('pgrant.clients');
-- A client without an expiry is no business of the janitor's: null is not less than now().
select pgrant.expire('pgrant.clients', array['tenant_id', 'client_id', 'registered_at', 'disabled_at', 'document_fetched_at']);

create table pgrant.client_secrets (
  tenant_id     uuid not null,
  client_id     text not null,
  secret_id     uuid not null default gen_random_uuid(),
  secret_hash   bytea not null check (length(secret_hash) = 32),
  created_at    timestamptz not null default now(),
  expires_at    timestamptz not null default 'infinity',
  last_used_at  timestamptz,
  primary key (tenant_id, client_id, secret_id),
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade
);

create unique index client_secrets_hash on pgrant.client_secrets (tenant_id, secret_hash);

comment on table pgrant.client_secrets is 'Live secrets of confidential clients; several at once, so that a secret can be replaced without an outage.';
comment on column pgrant.client_secrets.secret_hash is 'SHA-256 of 256 random bits.';
comment on column pgrant.client_secrets.last_used_at is 'When an API credential last used it, to the minute; not kept for applications.';

select pgrant.isolate('pgrant.client_secrets');
select pgrant.expire('pgrant.client_secrets');

create table pgrant.scope_refusals (
  tenant_id     uuid not null,
  client_id     text not null,
  scope         text not null check (length(scope) <= 128),
  reason        text not null,
  refused       bigint not null default 1,
  first_at      timestamptz not null default now(),
  last_at       timestamptz not null default now(),
  last_user_id  uuid,
  primary key (tenant_id, client_id, scope, reason),
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade
);

comment on table pgrant.scope_refusals is 'What clients asked for in vain: how often, since when, and why.';
comment on column pgrant.scope_refusals.reason is 'undefined, disabled, not registered, not consented, or role missing.';

select pgrant.isolate('pgrant.scope_refusals');


-- What a person allowed an application (grants), and what each code gave (token families).

create table pgrant.grants (
  tenant_id           uuid not null,
  grant_id            uuid not null default gen_random_uuid(),
  user_id             uuid not null,
  client_id           text not null,
  scopes              text[] not null,
  claims              text[] not null default '{}',
  resources           text[] not null default '{}',
  created_at          timestamptz not null default now(),
  consented_at        timestamptz not null default now(),
  consent_expires_at  timestamptz not null,
  last_used_at        timestamptz,
  revoked_at          timestamptz,
  revoked_reason      text,
  expires_at          timestamptz not null,
  primary key (tenant_id, grant_id),
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade,
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade,
  check (revoked_at is not null or consent_expires_at <= expires_at)
);

create unique index grants_live on pgrant.grants (tenant_id, user_id, client_id) where revoked_at is null;
create index grants_client on pgrant.grants (tenant_id, client_id);
create index grants_user on pgrant.grants (tenant_id, user_id);
-- The janitor looks for expired rows of every tenant at once, each minute.
create index grants_expires_at on pgrant.grants ((expires_at at time zone 'UTC'));

comment on table pgrant.grants is 'One row per person and application, until it is revoked: what was allowed, when, last used when.';
comment on column pgrant.grants.scopes is 'All that was consented to; consent is remembered by subset.';
comment on column pgrant.grants.claims is 'Claims that were asked for one by one (OpenID Connect Core 5.5) and consented to.';
comment on column pgrant.grants.resources is 'The resources that were consented to.';
comment on column pgrant.grants.consent_expires_at is 'Until when the authorization endpoint does not ask again; infinity = for ever.';
comment on column pgrant.grants.expires_at is 'When the row may go: no sooner than its consent and its youngest family end, 90 days after it was revoked.';

select pgrant.isolate('pgrant.grants');
select pgrant.expire('pgrant.grants', array['tenant_id', 'grant_id', 'client_id', 'revoked_at']);

-- What no auditor may call, no auditor can prove: an index on other things than the tenant would answer their conditions
-- from rows of every tenant.
create function pgrant.swept(p_after date) returns boolean
language sql immutable parallel safe
return p_after is not null;

comment on function pgrant.swept(date) is 'True. The janitor says it of sweep_after to use the index that is kept for it.';

revoke execute on function pgrant.swept(date) from public;
grant execute on function pgrant.swept(date) to pgrant_definer, pgrant_janitor;

create table pgrant.token_families (
  tenant_id         uuid not null,
  family_id         uuid not null default gen_random_uuid(),
  grant_id          uuid not null,
  user_id           uuid not null,
  client_id         text not null,
  session_id        uuid,
  offline           boolean not null,
  scopes            text[] not null,
  resources         text[] not null default '{}',
  claims_id_token   text[] not null default '{}',
  claims_userinfo   text[] not null default '{}',
  auth_time         timestamptz not null,
  acr               text,
  amr               text[] not null,
  handle_hash       bytea check (length(handle_hash) = 32),
  generation        integer not null default 1,
  current_hash      bytea check (length(current_hash) = 32),
  previous_hash     bytea,
  sealed_successor  bytea,
  replay_until      timestamptz,
  replays           integer not null default 0,
  replays_total     integer not null default 0,
  created_at        timestamptz not null default now(),
  last_used_at      timestamptz not null default now(),
  idle_expires_at   timestamptz not null,
  expires_at        timestamptz not null,
  sweep_after       date not null,
  revoked_at        timestamptz,
  revoked_reason    text,
  primary key (tenant_id, family_id),
  foreign key (tenant_id, grant_id) references pgrant.grants on delete cascade,
  check (idle_expires_at <= expires_at),
  check ((handle_hash is null) = (current_hash is null))
) with (fillfactor = 90);

create unique index token_families_handle on pgrant.token_families (tenant_id, handle_hash) where handle_hash is not null;
create index token_families_grant on pgrant.token_families (tenant_id, grant_id);
create index token_families_session on pgrant.token_families (tenant_id, session_id) where session_id is not null;
create index token_families_sweep on pgrant.token_families (sweep_after) where pgrant.swept(sweep_after);

comment on table pgrant.token_families is
  'One row for all that one code gave. A rotation changes no indexed column: one HOT update, no bloat. superseded and revoked are different states.';
comment on column pgrant.token_families.offline is 'Survives the end of the browser session (offline_access, or no OpenID Connect at all).';
comment on column pgrant.token_families.resources is 'What access tokens of the family may be for; {} = the tenant''s own audience.';
comment on column pgrant.token_families.handle_hash is 'SHA-256 of the part of the refresh token that never changes; null where no refresh token was given.';
comment on column pgrant.token_families.generation is 'How many refresh tokens the family has had.';
comment on column pgrant.token_families.current_hash is 'SHA-256 of the refresh token that is good now.';
comment on column pgrant.token_families.previous_hash is 'SHA-256 of the one before, which may be replayed until replay_until.';
comment on column pgrant.token_families.sealed_successor is 'The current refresh token, sealed under a key derived from the previous one; nobody else can open it.';
comment on column pgrant.token_families.replays is 'Replays of the previous refresh token so far.';
comment on column pgrant.token_families.replays_total is 'Replays in the whole life of the family.';
comment on column pgrant.token_families.idle_expires_at is 'Slides with each use.';
comment on column pgrant.token_families.expires_at is 'Never moves.';
comment on column pgrant.token_families.sweep_after is
  'A day by which the family is dead unless it is used: moved a week at a time, because it is indexed.';

select pgrant.isolate('pgrant.token_families');

-- The janitor sees what is dead, and what still holds a sealed successor whose window has closed.
create policy dead_seen on pgrant.token_families for select to pgrant_janitor
  using (idle_expires_at < now() or revoked_at < now() - interval '90 days' or replay_until < now());
create policy dead_deleted on pgrant.token_families for delete to pgrant_janitor
  using (idle_expires_at < now() or revoked_at < now() - interval '90 days');
create policy replay_closed on pgrant.token_families for update to pgrant_janitor
  using (replay_until < now()) with check (sealed_successor is null);
-- To pass over rows that somebody else has locked, it has to lock those that it deletes.
create policy dead_locked on pgrant.token_families for update to pgrant_janitor
  using (idle_expires_at < now() or revoked_at < now() - interval '90 days') with check (false);
-- It reads times, and whether there is a sealed successor: no hash of a living family, and nobody's id.
grant select (ctid, sweep_after, idle_expires_at, revoked_at, replay_until, sealed_successor), delete, update (sealed_successor)
  on pgrant.token_families to pgrant_janitor;


-- What lives for minutes or hours: partitioned by expiry and dropped, never deleted. The secret carries its
-- expiry, so a lookup touches one partition. No foreign keys: a partition with one locks its parent table each
-- time it is made, and every reader joins the live parents anyway.

create table pgrant.sessions (
  tenant_id        uuid not null,
  session_hash     bytea not null check (length(session_hash) = 32),
  expires_at       timestamptz not null,
  session_id       uuid not null default gen_random_uuid(),
  user_id          uuid not null,
  auth_time        timestamptz not null default now(),
  acr              text,
  amr              text[] not null,
  csrf_hash        bytea not null check (length(csrf_hash) = 32),
  idle_expires_at  timestamptz not null,
  last_seen_at     timestamptz not null default now(),
  ended_at         timestamptz,
  primary key (tenant_id, session_hash, expires_at),
  check (idle_expires_at <= expires_at)
) partition by range (expires_at);

create index sessions_session_id on pgrant.sessions (tenant_id, session_id);

comment on table pgrant.sessions is 'Signed-in browsers.';
comment on column pgrant.sessions.session_hash is 'SHA-256 of the cookie.';
comment on column pgrant.sessions.session_id is 'The sid of ID tokens: names the session without being its key.';
comment on column pgrant.sessions.csrf_hash is 'SHA-256 of the token that forms of this session must carry.';

create table pgrant.authorization_requests (
  tenant_id          uuid not null,
  request_hash       bytea not null check (length(request_hash) = 32),
  expires_at         timestamptz not null,
  browser_hash       bytea check (length(browser_hash) = 32),
  client_id          text not null,
  redirect_uri       text not null,
  redirect_uri_sent  boolean not null,
  response_mode      text not null check (response_mode in ('query', 'form_post')),
  state              text,
  nonce              text,
  code_challenge     text,
  scopes             text[] not null,
  prompt             text[] not null,
  max_age            integer check (max_age >= 0),
  hint_sub           text,
  login_hint         text,
  acr_values         text[] not null,
  essential_acr      text[] not null default '{}',
  resources          text[] not null default '{}',
  claims_id_token    text[] not null,
  claims_userinfo    text[] not null,
  session_id         uuid,
  shown_identity_at  timestamptz,
  created_at         timestamptz not null default now(),
  completed_at       timestamptz,
  code_expires_at    timestamptz,
  response_error     text,
  check (num_nonnulls(code_expires_at, response_error) <= case when completed_at is null then 0 else 1 end),
  -- It waits for its person, and holds no more than real clients send.
  constraint authorization_requests_bounded check (
    length(state) <= 2048 and length(nonce) <= 512 and length(login_hint) <= 512 and length(hint_sub) <= 255
    and length(code_challenge) <= 128 and length(redirect_uri) <= 2048
    and pg_column_size(acr_values) <= 4096 and pg_column_size(claims_id_token) <= 16384 and pg_column_size(claims_userinfo) <= 16384),
  primary key (tenant_id, request_hash, expires_at)
) partition by range (expires_at);

comment on table pgrant.authorization_requests is 'Authorization requests while the person signs in and decides. Only such a row can become a code.';
comment on column pgrant.authorization_requests.browser_hash is 'SHA-256 of the cookie of the browser that it belongs to: the first that continued it.';
comment on column pgrant.authorization_requests.essential_acr is 'The acr that the ID token must have, one of these (OpenID Connect Core 5.5.1.1); {} = any or none.';
comment on column pgrant.authorization_requests.session_id is 'The session to which the consent page was shown.';
comment on column pgrant.authorization_requests.shown_identity_at is 'identity_changed_at of the client as that page showed it: consent is to what was seen.';
comment on column pgrant.authorization_requests.completed_at is 'When it was answered; it is never answered in two ways.';
comment on column pgrant.authorization_requests.code_expires_at is 'Until when the code that it was answered with is good.';
comment on column pgrant.authorization_requests.response_error is 'The error that it was answered with instead.';

create table pgrant.codes (
  tenant_id          uuid not null,
  code_hash          bytea not null check (length(code_hash) = 32),
  expires_at         timestamptz not null,
  client_id          text not null,
  user_id            uuid not null,
  grant_id           uuid not null,
  session_id         uuid not null,
  redirect_uri       text not null,
  redirect_uri_sent  boolean not null,
  code_challenge     text,
  scopes             text[] not null,
  resources          text[] not null default '{}',
  claims_id_token    text[] not null,
  claims_userinfo    text[] not null,
  nonce              text,
  auth_time          timestamptz not null,
  acr                text,
  amr                text[] not null,
  used_at            timestamptz,
  family_id          uuid,
  primary key (tenant_id, code_hash, expires_at),
  check ((used_at is null) = (family_id is null))
) partition by range (expires_at);

comment on table pgrant.codes is 'Authorization codes. A used one is kept with the family it gave, so that a second use can revoke it (RFC 9700 4.5).';

create table pgrant.access_tokens (
  tenant_id          uuid not null,
  token_hash         bytea not null check (length(token_hash) = 32),
  expires_at         timestamptz not null,
  client_id          text not null,
  user_id            uuid,
  family_id          uuid,
  family_expires_at  timestamptz,
  scopes             text[] not null,
  audience           text[] not null,
  issued_at          timestamptz not null,
  revoked_at         timestamptz,
  primary key (tenant_id, token_hash, expires_at),
  check ((family_id is null) = (family_expires_at is null)),
  check (expires_at <= family_expires_at)
) partition by range (expires_at);

comment on table pgrant.access_tokens is 'Opaque access tokens. One that belongs to a family is good only while the family is.';

create table pgrant.revoked_tokens (
  tenant_id   uuid not null,
  jti         text not null,
  expires_at  timestamptz not null,
  revoked_at  timestamptz not null default now(),
  primary key (tenant_id, jti, expires_at)
) partition by range (expires_at);

comment on table pgrant.revoked_tokens is 'JWT access tokens that were revoked one by one (RFC 7009), until they expire.';

create table pgrant.counters (
  tenant_id   uuid not null,
  key_hash    bytea not null check (length(key_hash) = 32),
  expires_at  timestamptz not null,
  attempts    integer not null,
  primary key (tenant_id, key_hash, expires_at)
) partition by range (expires_at);

comment on table pgrant.counters is
  'Counters in windows that end at expires_at: failed logins per username and address prefix, per username, and per address prefix; registrations, fetches of client documents, authorization requests and refusals, per address prefix.';

create table pgrant.audit_events (
  tenant_id   uuid not null,
  at          timestamptz not null default now(),
  event_id    uuid not null default gen_random_uuid(),
  action      text not null,
  error       text,
  reason      text,
  user_id     uuid,
  client_id   text,
  grant_id    uuid,
  family_id   uuid,
  address     inet,
  request_id  text,
  detail      jsonb,
  xid         bigint not null default pg_current_xact_id()::text::bigint,
  primary key (tenant_id, at, event_id)
) partition by range (at);

-- An expression, so that no condition of an auditor can use it (see pgrant.audited).
create index audit_events_xid on pgrant.audit_events using brin ((xid + 0)) with (autosummarize = on);
-- Incidents are few among many events. What is no incident costs one comparison.
create index audit_events_reuse on pgrant.audit_events (tenant_id, at) where action in ('refresh.reuse', 'code.reuse');
-- So are refusals.
create index audit_events_refused on pgrant.audit_events (tenant_id, at, event_id) where error is not null;

comment on table pgrant.audit_events is 'One row per decision, written in the transaction that took it.';
comment on column pgrant.audit_events.action is 'noun.verb, e.g. refresh.rotate.';
comment on column pgrant.audit_events.error is 'The error that was returned; null where the request was granted.';
comment on column pgrant.audit_events.reason is 'Why, in words that no client sees.';
comment on column pgrant.audit_events.xid is
  'Transaction that wrote the event. All of a transaction''s events are final once no transaction as old is running: then they are sealed.';

do $$
declare
  v_table text;
begin
  foreach v_table in array array['sessions', 'authorization_requests', 'codes', 'access_tokens', 'revoked_tokens',
                                 'counters', 'audit_events'] loop
    perform pgrant.isolate(('pgrant.' || v_table)::regclass);
    if v_table <> 'audit_events' then
      perform pgrant.expire(('pgrant.' || v_table)::regclass);
    end if;
  end loop;
end
$$;

-- Append-only: whoever decides can neither change nor remove what it recorded.
revoke update, delete on pgrant.audit_events from pgrant_definer;

insert into pgrant.partition_plans (table_name, step, ahead, retention) values
  ('sessions', '7 days', '37 days', '1 day'),
  ('authorization_requests', '1 day', '3 days', '1 hour'),
  ('codes', '1 day', '3 days', '1 day'),
  ('access_tokens', '1 day', '4 days', '1 hour'),
  ('revoked_tokens', '1 day', '4 days', '1 hour'),
  ('counters', '1 day', '4 days', '1 hour'),
  ('audit_events', '1 month', '2 months', '13 months');

-- What is left of a tenant that was removed.
create policy removed_seen on pgrant.audit_events for select to pgrant_janitor
  using (pgrant.tenant_removed(tenant_id));
create policy removed_deleted on pgrant.audit_events for delete to pgrant_janitor
  using (pgrant.tenant_removed(tenant_id));
grant select (tenant_id), delete on pgrant.audit_events to pgrant_janitor;


-- The host product's own login: a challenge goes out with the browser, an answer comes from the product.

create table pgrant.login_challenges (
  tenant_id       uuid not null,
  challenge_hash  bytea not null check (length(challenge_hash) = 32),
  expires_at      timestamptz not null,
  request_hash    bytea not null check (length(request_hash) = 32),
  browser_hash    bytea not null check (length(browser_hash) = 32),
  created_at      timestamptz not null default now(),
  answered_at     timestamptz,
  verifier_hash   bytea check (length(verifier_hash) = 32),
  user_id         uuid,
  auth_time       timestamptz,
  acr             text check (length(acr) <= 255),
  amr             text[],
  reject_reason   text check (length(reject_reason) <= 500),
  used_at         timestamptz,
  primary key (tenant_id, challenge_hash, expires_at),
  check ((answered_at is null) = (verifier_hash is null)),
  check ((user_id is null) = (auth_time is null) and (user_id is null) = (amr is null)),
  check (user_id is null or answered_at is not null),
  check (used_at is null or answered_at is not null)
) partition by range (expires_at);

create index login_challenges_verifier on pgrant.login_challenges (tenant_id, verifier_hash) where verifier_hash is not null;

comment on table pgrant.login_challenges is 'People who are at the product''s own login page at this moment. Expires with its authorization request.';
comment on column pgrant.login_challenges.challenge_hash is 'SHA-256 of login_challenge, which goes to the product with the browser.';
comment on column pgrant.login_challenges.request_hash is 'The authorization request; its expires_at is the one of this row.';
comment on column pgrant.login_challenges.browser_hash is 'SHA-256 of the cookie of the browser that began, the only one that may come back.';
comment on column pgrant.login_challenges.answered_at is 'When the product accepted or rejected; it never answers twice.';
comment on column pgrant.login_challenges.verifier_hash is 'SHA-256 of login_verifier, which only the browser that the product signed in is given: whoever sent somebody else to the product with a challenge of their own has no use of the answer.';
comment on column pgrant.login_challenges.user_id is 'Who was signed in; null where the product rejected.';
comment on column pgrant.login_challenges.used_at is 'When the browser came back with the verifier.';

create table pgrant.login_assertions (
  tenant_id   uuid not null,
  jti_hash    bytea not null check (length(jti_hash) = 32),
  expires_at  timestamptz not null,
  primary key (tenant_id, jti_hash, expires_at)
) partition by range (expires_at);

comment on table pgrant.login_assertions is 'Signed answers of the product that have been used (jti, RFC 7519 4.1.7), until no other with the same jti could be good.';

do $$
declare
  v_table text;
begin
  foreach v_table in array array['login_challenges', 'login_assertions'] loop
    perform pgrant.isolate(('pgrant.' || v_table)::regclass);
    perform pgrant.expire(('pgrant.' || v_table)::regclass);
  end loop;
end
$$;

insert into pgrant.partition_plans (table_name, step, ahead, retention) values
  ('login_challenges', '1 day', '3 days', '1 hour'),
  ('login_assertions', '1 day', '3 days', '1 hour');


-- Upstreams: where people sign in with an account that they have elsewhere.

create table pgrant.upstreams (
  tenant_id                   uuid not null references pgrant.tenants on delete cascade,
  -- operator is the source of memberships that no upstream gave.
  name                        text not null check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' and name <> 'operator'),
  kind                        text not null check (kind in ('oidc', 'oauth2', 'discord')),
  title                       text not null
    check (length(title) between 1 and 100) constraint upstreams_title_sound check (pgrant.name_sound(title)),
  issuer                      text check (issuer ~ '^https?://'),
  authorization_endpoint      text check (authorization_endpoint ~ '^https?://'),
  token_endpoint              text check (token_endpoint ~ '^https?://'),
  userinfo_endpoint           text check (userinfo_endpoint ~ '^https?://'),
  client_id                   text not null check (client_id ~ '^[\x20-\x7E]{1,255}$'),
  token_endpoint_auth_method  text not null default 'client_secret_basic'
    check (token_endpoint_auth_method in ('none', 'client_secret_basic', 'client_secret_post')),
  sealed_secrets              bytea,
  scopes                      text[] not null default '{}',
  settings                    jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
  just_in_time                boolean not null default false,
  recheck_interval            integer not null default 3600 check (recheck_interval = 0 or recheck_interval between 60 and 31536000),
  created_at                  timestamptz not null default now(),
  disabled_at                 timestamptz,
  primary key (tenant_id, name),
  constraint upstreams_endpoints check (case kind when 'oidc' then issuer is not null
              else authorization_endpoint is not null and token_endpoint is not null and userinfo_endpoint is not null end),
  constraint upstreams_discord check (kind <> 'discord' or userinfo_endpoint like '%/users/@me'),
  constraint upstreams_secret check (token_endpoint_auth_method = 'none' or sealed_secrets is not null)
);

comment on table pgrant.upstreams is 'Other authorization servers that people of the tenant may sign in with.';
comment on column pgrant.upstreams.name is 'Stands in addresses, and is the source of the group memberships that it gives.';
comment on column pgrant.upstreams.kind is
  'oidc = OpenID Connect provider, found by discovery; oauth2 = plain OAuth 2.0 with an endpoint that tells who the person is; discord = Discord, with its guilds.';
comment on column pgrant.upstreams.title is 'What people know it by: Continue with <title>.';
comment on column pgrant.upstreams.issuer is 'Issuer identifier of an oidc upstream.';
comment on column pgrant.upstreams.authorization_endpoint is 'Where browsers are sent to sign in; discovered for kind oidc.';
comment on column pgrant.upstreams.token_endpoint is 'Where a code is exchanged; discovered for kind oidc.';
comment on column pgrant.upstreams.userinfo_endpoint is 'Where an access token is exchanged for a JSON object about the person.';
comment on column pgrant.upstreams.client_id is 'What the upstream has registered this tenant as.';
comment on column pgrant.upstreams.token_endpoint_auth_method is 'How this server authenticates there.';
comment on column pgrant.upstreams.sealed_secrets is
  'JSON {client_secret, bot_token}, AES-256-GCM under a key that the database does not have.';
comment on column pgrant.upstreams.scopes is 'What is asked for at the upstream.';
comment on column pgrant.upstreams.settings is
  '{claims: {claim of ours: field of theirs}, roles_claim: the field that lists the person''s roles there, role_groups: {role there: group here}, subteams: {role there: value of the claim subteams}, guild_id: the Discord guild}.';
comment on column pgrant.upstreams.just_in_time is 'Whether an account that nobody has linked makes a new user.';
comment on column pgrant.upstreams.recheck_interval is 'After so long the worker asks the upstream again about a person; 0 = never.';
comment on column pgrant.upstreams.disabled_at is 'Since when nobody signs in with it; the memberships that it gave are gone.';

comment on constraint upstreams_name_check on pgrant.upstreams is '1 to 63 lower-case letters, digits and inner hyphens, and not operator';
comment on constraint upstreams_title_check on pgrant.upstreams is 'text of 1 to 100 characters';
comment on constraint upstreams_title_sound on pgrant.upstreams is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint upstreams_issuer_check on pgrant.upstreams is 'an http or https URL';
comment on constraint upstreams_authorization_endpoint_check on pgrant.upstreams is 'an http or https URL';
comment on constraint upstreams_token_endpoint_check on pgrant.upstreams is 'an http or https URL';
comment on constraint upstreams_userinfo_endpoint_check on pgrant.upstreams is 'an http or https URL';
comment on constraint upstreams_client_id_check on pgrant.upstreams is '1 to 255 characters of ASCII';
comment on constraint upstreams_settings_check on pgrant.upstreams is 'a JSON object';
comment on constraint upstreams_recheck_interval_check on pgrant.upstreams is '0, or a whole number of seconds from 60 to 31536000';
comment on constraint upstreams_endpoints on pgrant.upstreams is 'an upstream of kind oidc needs an issuer, any other authorization_endpoint, token_endpoint and userinfo_endpoint';
comment on constraint upstreams_discord on pgrant.upstreams is 'the userinfo_endpoint of an upstream of kind discord ends in /users/@me';
comment on constraint upstreams_secret on pgrant.upstreams is 'an upstream has a client_secret, unless its token_endpoint_auth_method is none';

create table pgrant.upstream_accounts (
  tenant_id      uuid not null,
  upstream       text not null,
  subject        text not null check (length(subject) between 1 and 255),
  user_id        uuid not null,
  made_user      boolean not null default false,
  profile        jsonb not null default '{}' check (jsonb_typeof(profile) = 'object' and pgrant.claims_fault(profile) is null),
  claims         jsonb not null default '{}' check (jsonb_typeof(claims) = 'object' and pgrant.claims_fault(claims) is null),
  sealed_tokens  bytea,
  created_at     timestamptz not null default now(),
  checked_at     timestamptz,
  check_after    timestamptz not null default 'infinity',
  lost_at        timestamptz,
  last_error     text,
  primary key (tenant_id, upstream, subject),
  unique (tenant_id, user_id, upstream),
  foreign key (tenant_id, upstream) references pgrant.upstreams on delete cascade,
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade
);

create index upstream_accounts_due on pgrant.upstream_accounts (tenant_id, check_after);

comment on table pgrant.upstream_accounts is
  'Which account of an upstream is which user: made just in time, or linked on purpose; never by e-mail address.';
comment on column pgrant.upstream_accounts.subject is 'The upstream''s lasting identifier of the person: sub, or the id of a Discord user.';
comment on column pgrant.upstream_accounts.made_user is 'The user exists because of this account, and has its profile from it.';
comment on column pgrant.upstream_accounts.profile is 'Standard claims (OpenID Connect Core 5.1) from the upstream; empty where the account was linked to a user.';
comment on column pgrant.upstream_accounts.claims is 'Other claims: roles, subteams, discord_id, discord_username.';
comment on column pgrant.upstream_accounts.sealed_tokens is
  'The upstream''s tokens for the recheck, AES-256-GCM under a key that the database does not have; null where none is needed.';
comment on column pgrant.upstream_accounts.checked_at is 'When the upstream last answered about the person.';
comment on column pgrant.upstream_accounts.check_after is 'When the worker asks again; infinity = it has nothing to ask with.';
comment on column pgrant.upstream_accounts.lost_at is 'Since when the upstream no longer vouches for the person; the memberships that it gave are gone.';
comment on column pgrant.upstream_accounts.last_error is 'Why the last recheck got no answer; what it found before stays.';

create table pgrant.upstream_logins (
  tenant_id           uuid not null,
  state_hash          bytea not null check (length(state_hash) = 32),
  expires_at          timestamptz not null,
  upstream            text not null,
  browser_hash        bytea not null check (length(browser_hash) = 32),
  request_hash        bytea check (length(request_hash) = 32),
  request_expires_at  timestamptz,
  sealed_request      bytea,
  session_id          uuid,
  created_at          timestamptz not null default now(),
  used_at             timestamptz,
  finished_at         timestamptz,
  primary key (tenant_id, state_hash, expires_at),
  -- A sign-in for an authorization request, or a signed-in person who links an account.
  check ((request_hash is null) = (session_id is not null)),
  check ((request_hash is null) = (request_expires_at is null) and (request_hash is null) = (sealed_request is null))
) partition by range (expires_at);

comment on table pgrant.upstream_logins is 'People who are at an upstream at this moment.';
comment on column pgrant.upstream_logins.state_hash is 'SHA-256 of state (RFC 6749 10.12). The PKCE verifier and the nonce are derived from state, and so are not stored.';
comment on column pgrant.upstream_logins.browser_hash is 'SHA-256 of the cookie of the browser that it was begun in.';
comment on column pgrant.upstream_logins.sealed_request is 'The handle of the authorization request, sealed for whoever brings state.';
comment on column pgrant.upstream_logins.session_id is 'The session of the person who links an account.';
comment on column pgrant.upstream_logins.used_at is 'When state came back; it is never taken twice.';
comment on column pgrant.upstream_logins.finished_at is 'When the person was signed in, or the account linked.';

select pgrant.isolate('pgrant.upstreams');
-- As pgrant.users.
alter table pgrant.upstream_accounts alter column subject set statistics 1;
select pgrant.isolate('pgrant.upstream_accounts');
select pgrant.isolate('pgrant.upstream_logins');
select pgrant.expire('pgrant.upstream_logins');

insert into pgrant.partition_plans (table_name, step, ahead, retention) values
  ('upstream_logins', '1 day', '3 days', '1 hour');


-- Clients that register themselves (RFC 7591, RFC 7592), and those that prove who they are by a signature (RFC 7523 2.2).

create table pgrant.registration_tokens (
  tenant_id       uuid not null references pgrant.tenants on delete cascade,
  token_id        uuid not null default gen_random_uuid(),
  token_hash      bytea not null check (length(token_hash) = 32),
  name            text not null constraint registration_tokens_name_sound check (pgrant.name_sound(name)),
  uses_left       integer check (uses_left >= 0),
  used            integer not null default 0,
  machine_scopes  text[],
  created_at      timestamptz not null default now(),
  last_used_at    timestamptz,
  expires_at      timestamptz not null default 'infinity',
  primary key (tenant_id, token_id)
);

create unique index registration_tokens_hash on pgrant.registration_tokens (tenant_id, token_hash);

comment on table pgrant.registration_tokens is 'Initial access tokens (RFC 7591 1.2): who has one may register clients.';
comment on column pgrant.registration_tokens.token_hash is 'SHA-256 of 256 random bits.';
comment on column pgrant.registration_tokens.uses_left is 'How many more clients it may register; null = any number.';
comment on column pgrant.registration_tokens.machine_scopes is
  'The scopes that its clients may have for themselves, by client_credentials; null = they may not use that grant.';

comment on constraint registration_tokens_name_sound on pgrant.registration_tokens is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint registration_tokens_uses_left_check on pgrant.registration_tokens is 'a whole number from 0';

select pgrant.isolate('pgrant.registration_tokens');
select pgrant.expire('pgrant.registration_tokens');

create table pgrant.client_key_sets (
  tenant_id    uuid not null,
  client_id    text not null,
  jwks_uri     text not null,
  claimed_at   timestamptz not null,
  settled_at   timestamptz,
  jwks         jsonb check (jwks is null or pgrant.jwks_sound(jwks)),
  fetched_at   timestamptz,
  fresh_until  timestamptz,
  last_error   text,
  primary key (tenant_id, client_id),
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade,
  check ((jwks is null) = (fetched_at is null))
);

comment on table pgrant.client_key_sets is 'What clients'' jwks_uri answered. A copy is good only while the client''s jwks_uri is the one here.';
comment on column pgrant.client_key_sets.claimed_at is 'When a web process last set out to fetch; the next may do so 30 seconds later.';
comment on column pgrant.client_key_sets.settled_at is 'When that process was back, with or without an answer; null = it is under way.';
comment on column pgrant.client_key_sets.jwks is 'The usable public keys of the last good answer; null = there has been none.';
comment on column pgrant.client_key_sets.fetched_at is 'When that answer came.';
comment on column pgrant.client_key_sets.fresh_until is 'Until when it is used without asking again; while the host is down it is used for longer.';
comment on column pgrant.client_key_sets.last_error is 'Why the last fetch gave nothing; null where it gave an answer.';

select pgrant.isolate('pgrant.client_key_sets');

create table pgrant.client_assertions (
  tenant_id   uuid not null,
  client_id   text not null,
  jti_hash    bytea not null check (length(jti_hash) = 32),
  expires_at  timestamptz not null,
  primary key (tenant_id, client_id, jti_hash, expires_at)
) partition by range (expires_at);

comment on table pgrant.client_assertions is 'Signatures of private_key_jwt that have been used (jti, RFC 7523 3), until no other with the same jti could be good.';
comment on column pgrant.client_assertions.jti_hash is 'SHA-256 of the jti.';

select pgrant.isolate('pgrant.client_assertions');
select pgrant.expire('pgrant.client_assertions');

insert into pgrant.partition_plans (table_name, step, ahead, retention) values
  ('client_assertions', '1 day', '3 days', '1 hour');


-- Resources: the APIs of a tenant that tokens are for (RFC 8707).

create table pgrant.resources (
  tenant_id              uuid not null references pgrant.tenants on delete cascade,
  resource               text not null check (resource ~ '^[a-z][a-z0-9+.-]*://[^#]+[^/#]$' and length(resource) <= 512),
  title                  text not null constraint resources_title_sound check (pgrant.name_sound(title)),
  scopes                 text[],
  access_token_format    text check (access_token_format in ('jwt', 'opaque')),
  access_token_alg       text check (access_token_alg in ('ES256', 'RS256')),
  access_token_typ       text check (access_token_typ in ('at+jwt', 'JWT')),
  access_token_lifetime  integer check (access_token_lifetime between 1 and 86400),
  created_at             timestamptz not null default now(),
  disabled_at            timestamptz,
  primary key (tenant_id, resource)
);

comment on table pgrant.resources is 'What a client may name as resource, and find as aud of its access token.';
comment on column pgrant.resources.resource is 'Absolute URI: scheme and host in lower case, no slash at the end. Requests are compared in that form.';
comment on column pgrant.resources.scopes is 'The roles and scopes that mean something there; null = all. The standard ones of OpenID Connect always pass.';
comment on column pgrant.resources.access_token_format is 'Format of its access tokens; null = the client''s.';
comment on column pgrant.resources.access_token_alg is 'What its JWT access tokens are signed by; null = the client''s.';
comment on column pgrant.resources.access_token_typ is 'typ of its JWT access tokens (RFC 9068 2.1); null = the tenant''s.';
comment on column pgrant.resources.access_token_lifetime is 'Lifetime of its access tokens in seconds; null = the client''s.';

comment on constraint resources_resource_check on pgrant.resources is 'an absolute URI of at most 512 characters, without fragment and without a slash at the end';
comment on constraint resources_title_sound on pgrant.resources is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint resources_access_token_lifetime_check on pgrant.resources is 'a whole number of seconds from 1 to 86400';

select pgrant.isolate('pgrant.resources');


-- For resource servers that share the database: what their own policies and views may call.

-- Customers' policies depend on these functions, so no release drops them. What they stand on is reloaded: they call
-- pgrant_rules by name at run time, hand on types of pg_catalog only, and are changed by "create or replace" alone.
grant usage on schema pgrant_resource to pgrant_resource_server, pgrant_definer;
grant create on schema pgrant_resource to pgrant_definer;

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

-- Last, for who owns them grants them.
do $$
declare
  v_function regprocedure;
begin
  for v_function in select p.oid from pg_catalog.pg_proc p where p.pronamespace = 'pgrant_resource'::regnamespace loop
    execute format('alter function %s owner to pgrant_definer', v_function);
  end loop;
end
$$;
revoke create on schema pgrant_resource from pgrant_definer;


-- Who reads the reports, and what of the tables they may see: named columns, of every tenant or of one.

create table pgrant.auditors (
  role_name   name primary key,
  tenant_id   uuid references pgrant.issuers on delete cascade,
  created_at  timestamptz not null default now()
);

comment on table pgrant.auditors is
  'Global: which tenants a member of pgrant_auditor may read. A member who is not here reads nothing; pgrant_auditor itself reads all.';
comment on column pgrant.auditors.role_name is 'A role of the database. It also has to be a member of pgrant_auditor, which is the DBA''s to grant.';
comment on column pgrant.auditors.tenant_id is 'The one tenant that the role may read; null = every tenant.';

select pgrant.replicate('pgrant.auditors');

-- With "set role pgrant_auditor" a member would be what reads all tenants. So whoever logged in counts then,
-- unless the login may act as the owner of the tables anyway: an administrator who steps down.
create function pgrant.auditor() returns name
language plpgsql stable parallel safe
as $$
begin
  return case when current_user = 'pgrant_auditor' and not pg_has_role(session_user, 'pgrant_owner', 'MEMBER')
              then session_user else current_user end;
end
$$;

comment on function pgrant.auditor() is 'The role whose row in pgrant.auditors decides what the current user may read.';

alter table pgrant.auditors enable row level security;
alter table pgrant.auditors force row level security;
create policy own_seen on pgrant.auditors for select to pgrant_auditor using (role_name = pgrant.auditor());
create policy catalogue on pgrant.auditors to pgrant_definer using (true) with check (true);
grant select on pgrant.auditors to pgrant_auditor;
grant select, insert, update, delete on pgrant.auditors to pgrant_definer;

-- RFC 9562 5.9: the Nil UUID is no tenant's.
create function pgrant.auditor_tenant() returns uuid
language plpgsql stable parallel safe
as $$
begin
  return case when pgrant.auditor() = 'pgrant_auditor' then '00000000-0000-0000-0000-000000000000'::uuid
              else (select coalesce(a.tenant_id, '00000000-0000-0000-0000-000000000000')
                      from pgrant.auditors a where a.role_name = pgrant.auditor()) end;
end
$$;

comment on function pgrant.auditor_tenant() is
  'The tenant whose rows the current user may read in reports: the Nil UUID = every tenant, null = none.';

-- Immutable, so that a plan has the tenant as a constant: what runs between the table and the auditor's own conditions is
-- then one comparison, and nothing that an auditor could see run or not run. It changes with the role, for which PostgreSQL
-- plans a table with policies anew, and with pgrant.auditors, after which pgrant_rules.auditors_changed() has plans made anew.
create function pgrant.audited_tenant() returns uuid
language plpgsql immutable parallel safe
as $$
begin
  return pgrant.auditor_tenant();
end
$$;

comment on function pgrant.audited_tenant() is
  'auditor_tenant() at the moment of planning. For policies, and nothing else: a plan without policies would outlive the role.';

create function pgrant.audited(p_table regclass, p_columns text[]) returns void
language plpgsql
as $$
begin
  execute format('grant select (%s) on %s to pgrant_auditor',
                 (select string_agg(quote_ident(c.name), ', ') from unnest(p_columns) c (name)), p_table);
  if not exists (select from pg_catalog.pg_policy p where p.polrelid = p_table and p.polname = 'audited') then
    -- What is left of it in a plan: nothing for every tenant; tenant_id = '…' for one; false for none.
    execute format('create policy audited on %s for select to pgrant_auditor
                      using (pgrant.audited_tenant() = ''00000000-0000-0000-0000-000000000000''
                             or tenant_id = pgrant.audited_tenant())', p_table);
  end if;
end
$$;

comment on function pgrant.audited(regclass, text[]) is
  'Lets auditors read these columns of a table with tenant_id, of the tenants that are theirs. Call it again for columns that are added later; never name a hash, a seal, a salt or what people typed. Every index of the table begins with tenant_id, or with an expression that is not leakproof, or has a condition that no auditor may call: any other would answer an auditor''s own conditions from rows of every tenant.';

revoke execute on function pgrant.auditor(), pgrant.auditor_tenant(), pgrant.audited_tenant(), pgrant.audited(regclass, text[])
  from public;
grant execute on function pgrant.auditor(), pgrant.auditor_tenant(), pgrant.audited_tenant() to pgrant_auditor;
grant execute on function pgrant.audited_tenant() to pgrant_definer with grant option;

create policy plans_audited on pgrant.partition_plans for select to pgrant_auditor using (true);
grant select on pgrant.partition_plans to pgrant_auditor;

-- What is left out: hashes, seals, salts; state, nonce, code_challenge and login_hint of requests; what people are
-- called beyond their username (claims, profile). Reports are about who may do what, and not about birthdays.
do $$
declare
  v_table text;
  v_columns text;
begin
  for v_table, v_columns in values
    ('issuers', 'tenant_id name issuer title host path disabled_at'),
    ('tenants', 'tenant_id name title issuer audience require_pkce code_lifetime request_lifetime access_token_format access_token_alg
       access_token_typ access_token_lifetime id_token_lifetime assertion_audience assertion_lifetime
       refresh_idle_lifetime refresh_lifetime replay_window consent_lifetime session_lifetime session_idle_lifetime
       login_failure_limit login_failure_window key_rotation_interval key_publish_lead created_at disabled_at roles_claim
       permissions_claim tenant_claim login_url login_issuer login_jwks registration registration_quota registration_rate
       registered_idle_lifetime registered_consent software_statement_issuers client_documents client_document_hosts
       client_document_refused_hosts client_document_quota client_document_rate redirect_schemes refusal_limit
       authorization_rate trusted_networks'),
    ('signing_keys', 'tenant_id kid alg public_jwk created_at active_at expires_at'),
    ('scopes', 'tenant_id scope title description sensitive created_at requires_role icon disabled_at'),
    ('clients', 'tenant_id client_id name token_endpoint_auth_method application_type redirect_uris post_logout_redirect_uris
       allowed_origins grant_types scopes consent require_pkce access_token_format access_token_alg id_token_alg id_token_claims
       access_token_lifetime id_token_lifetime refresh_idle_lifetime refresh_lifetime replay_window consent_lifetime
       created_at disabled_at maker_id
       allowed_networks client_uri logo_uri tos_uri policy_uri contacts software_id software_version default_max_age
       require_auth_time initiate_login_uri jwks jwks_uri registered left_out registered_at registered_from requested_at last_used_at
       expires_at document_fetched_at document_expires_at identity_changed_at token_endpoint_auth_signing_alg
       assertion_audience assertion_lifetime userinfo_alg'),
    ('client_key_sets', 'tenant_id client_id jwks_uri jwks claimed_at settled_at fetched_at fresh_until last_error'),
    ('client_assertions', 'tenant_id client_id expires_at'),
    ('client_secrets', 'tenant_id client_id secret_id created_at expires_at last_used_at'),
    ('users', 'tenant_id user_id username username_key created_at updated_at disabled_at external_subject'),
    ('grants', 'tenant_id grant_id user_id client_id scopes claims created_at consented_at consent_expires_at last_used_at
       revoked_at revoked_reason expires_at resources'),
    ('token_families', 'tenant_id family_id grant_id user_id client_id session_id offline scopes claims_id_token
       claims_userinfo auth_time acr amr generation replay_until replays replays_total created_at last_used_at
       idle_expires_at expires_at sweep_after revoked_at revoked_reason resources'),
    ('sessions', 'tenant_id expires_at session_id user_id auth_time acr amr idle_expires_at last_seen_at ended_at'),
    ('authorization_requests', 'tenant_id expires_at client_id redirect_uri redirect_uri_sent response_mode scopes prompt
       max_age acr_values essential_acr claims_id_token claims_userinfo session_id shown_identity_at created_at completed_at
       code_expires_at response_error resources'),
    ('codes', 'tenant_id expires_at client_id user_id grant_id session_id redirect_uri redirect_uri_sent scopes
       claims_id_token claims_userinfo auth_time acr amr used_at family_id resources'),
    ('access_tokens', 'tenant_id expires_at client_id user_id family_id family_expires_at scopes audience issued_at revoked_at'),
    ('revoked_tokens', 'tenant_id jti expires_at revoked_at'),
    ('counters', 'tenant_id expires_at attempts'),
    ('audit_events', 'tenant_id at event_id action error reason user_id client_id grant_id family_id address request_id detail xid'),
    ('user_roles', 'tenant_id user_id scope created_at source'),
    ('groups', 'tenant_id group_name title created_at'),
    ('group_roles', 'tenant_id group_name scope'),
    ('group_members', 'tenant_id group_name user_id source created_at'),
    ('scope_refusals', 'tenant_id client_id scope reason refused first_at last_at last_user_id'),
    ('upstreams', 'tenant_id name kind title issuer authorization_endpoint token_endpoint userinfo_endpoint client_id
       token_endpoint_auth_method scopes settings just_in_time recheck_interval created_at disabled_at'),
    ('upstream_accounts', 'tenant_id upstream subject user_id made_user created_at checked_at check_after lost_at last_error'),
    ('upstream_logins', 'tenant_id expires_at upstream request_expires_at session_id created_at used_at finished_at'),
    ('login_challenges', 'tenant_id expires_at created_at answered_at user_id auth_time acr amr reject_reason used_at'),
    ('login_assertions', 'tenant_id expires_at'),
    ('resources', 'tenant_id resource title scopes access_token_format access_token_alg access_token_typ access_token_lifetime
       created_at disabled_at'),
    ('registration_tokens', 'tenant_id token_id name uses_left used machine_scopes created_at last_used_at expires_at')
  loop
    perform pgrant.audited(('pgrant.' || v_table)::regclass, regexp_split_to_array(v_columns, '\s+'));
  end loop;
end
$$;


-- What was in force when: for each thing whose change changes who can reach what, one row per version.

create function pgrant.remembered_since() returns timestamptz
language plpgsql stable
as $$
begin
  return now() - (select p.retention from pgrant.partition_plans p where p.table_name = 'audit_events');
end
$$;

comment on function pgrant.remembered_since() is 'Versions that ended before are no longer kept: as long as audit events.';

create function pgrant.remembered(p_table regclass, p_key text[]) returns void
language plpgsql
as $$
begin
  execute format('alter table %s
    add column valid tstzrange not null
      check (lower(valid) is not null and isfinite(lower(valid)) and isfinite(upper(valid))
             and lower_inc(valid) and not upper_inc(valid)),
    add column cause text not null,
    add column request_id text,
    add column end_cause text check (not (upper_inf(valid) and end_cause is not null)),
    add column end_request_id text,
    add primary key (%2$s, valid),
    add exclude using gist (%3$s, valid with &&)',
    p_table, (select string_agg(quote_ident(k.name), ', ') from unnest(p_key) k (name)),
    (select string_agg(quote_ident(k.name) || ' with =', ', ') from unnest(p_key) k (name)));
  execute format('create index on %s (upper(valid)) where upper(valid) is not null', p_table);
  execute format('comment on column %s.valid is %L', p_table,
                 'From when to when it was so, [from, to); without an end while it is so. Versions of one thing never overlap.');
  execute format('comment on column %s.cause is %L', p_table, 'The action, as in audit_events, that made it so.');
  execute format('comment on column %s.end_cause is %L', p_table, 'The action that ended it; null while it is so.');
  perform pgrant.isolate(p_table);
  execute format('alter table %s add foreign key (tenant_id) references pgrant.tenants on delete cascade', p_table);
  -- Whoever keeps the past ends versions, and can neither change nor remove what was.
  execute format('revoke update, delete on %s from pgrant_definer', p_table);
  execute format('grant update (valid, end_cause, end_request_id) on %s to pgrant_definer', p_table);
  perform pgrant.audited(p_table, (select array_agg(a.attname::text order by a.attnum) from pg_catalog.pg_attribute a
                                    where a.attrelid = p_table and a.attnum > 0));
  execute format('create policy outlived_seen on %s for select to pgrant_janitor using (upper(valid) < pgrant.remembered_since())',
                 p_table);
  execute format('create policy outlived_deleted on %s for delete to pgrant_janitor using (upper(valid) < pgrant.remembered_since())',
                 p_table);
  execute format('grant select (ctid, valid), delete on %s to pgrant_janitor', p_table);
end
$$;

comment on function pgrant.remembered(regclass, text[]) is
  'Makes a table a history: versions of what the key (tenant_id first) names, that cannot overlap (equality in a GiST index is the extension btree_gist''s); isolated, seen by auditors, deleted by the janitor when they ended before the retention of audit_events, and with the tenant. No other foreign key: a version outlives the person and the client that it names.';

revoke execute on function pgrant.remembered(regclass, text[]), pgrant.remembered_since() from public;
grant execute on function pgrant.remembered_since() to pgrant_janitor;

create table pgrant.tenant_history (
  tenant_id  uuid not null,
  enabled    boolean not null
);

comment on table pgrant.tenant_history is 'Versions of tenants. The first one of a tenant is the beginning of all its history.';

create table pgrant.user_history (
  tenant_id  uuid not null,
  user_id    uuid not null,
  username   text not null,
  enabled    boolean not null,
  -- Who had a username then is asked without reading everybody: see users_username.
  username_key  text generated always as (lower(username)) stored
);
-- As of users.username.
alter table pgrant.user_history alter column username set statistics 1, alter column username_key set statistics 1;

comment on table pgrant.user_history is 'Versions of users.';
comment on column pgrant.user_history.username_key is 'The username without case.';

create table pgrant.client_history (
  tenant_id          uuid not null,
  client_id          text not null,
  name               text not null,
  maker_id           uuid,
  scopes             text[],
  machine            boolean not null,
  secret_expires_at  timestamptz,
  enabled            boolean not null
);

comment on table pgrant.client_history is
  'Versions of clients. One that registered itself ends at its expires_at, which moves as it is used and so is no part of a version.';
comment on column pgrant.client_history.machine is 'Whether it could have tokens for itself (client_credentials).';
comment on column pgrant.client_history.secret_expires_at is
  'When the last of its secrets expires; null = it has none, infinity = it needs none.';

create table pgrant.scope_history (
  tenant_id      uuid not null,
  scope          text not null,
  requires_role  boolean not null,
  enabled        boolean not null
);

comment on table pgrant.scope_history is 'Versions of scopes and roles.';

create table pgrant.resource_history (
  tenant_id  uuid not null,
  resource   text not null,
  scopes     text[],
  enabled    boolean not null
);

comment on table pgrant.resource_history is 'Versions of resources.';

create table pgrant.user_role_history (
  tenant_id  uuid not null,
  user_id    uuid not null,
  scope      text not null,
  source     text not null
);

comment on table pgrant.user_role_history is 'When people had which role directly.';

create table pgrant.group_member_history (
  tenant_id   uuid not null,
  user_id     uuid not null,
  group_name  text not null,
  source      text not null
);

comment on table pgrant.group_member_history is 'When people were in which group.';

create table pgrant.group_role_history (
  tenant_id   uuid not null,
  group_name  text not null,
  scope       text not null
);

comment on table pgrant.group_role_history is 'When which group had which role.';

create table pgrant.grant_history (
  tenant_id           uuid not null,
  grant_id            uuid not null,
  user_id             uuid not null,
  client_id           text not null,
  scopes              text[] not null,
  resources           text[] not null,
  consent_expires_at  timestamptz
);

comment on table pgrant.grant_history is
  'Versions of grants, from consent to revocation. One that is not revoked ends at its expires_at, when its consent and the youngest of its families are over; that moves with each code and so is no part of a version.';
comment on column pgrant.grant_history.consent_expires_at is 'Until when the person would not have been asked again; null = the client never asks.';

do $$
declare
  v_table text;
  v_key text;
begin
  for v_table, v_key in values
    ('tenant_history', 'tenant_id'),
    ('user_history', 'tenant_id user_id'),
    ('client_history', 'tenant_id client_id'),
    ('scope_history', 'tenant_id scope'),
    ('resource_history', 'tenant_id resource'),
    ('user_role_history', 'tenant_id user_id scope source'),
    ('group_member_history', 'tenant_id user_id group_name source'),
    ('group_role_history', 'tenant_id group_name scope'),
    ('grant_history', 'tenant_id grant_id')
  loop
    perform pgrant.remembered(('pgrant.' || v_table)::regclass, string_to_array(v_key, ' '));
  end loop;
end
$$;

-- A person who is removed is nameless in the history, too. Only for them, and only the user_id may stand in its place.
create function pgrant.user_gone(p_tenant uuid, p_user_id uuid) returns boolean
language plpgsql stable
as $$
begin
  return not exists (select from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_user_id);
end
$$;

comment on function pgrant.user_gone(uuid, uuid) is 'Whether the tenant that was entered has no such person.';

revoke execute on function pgrant.user_gone(uuid, uuid) from public;
grant execute on function pgrant.tenant(), pgrant.user_gone(uuid, uuid) to pgrant_janitor;
create policy known on pgrant.users for select to pgrant_janitor using (tenant_id = pgrant.tenant());
grant select (tenant_id, user_id) on pgrant.users to pgrant_janitor;
create policy gone_seen on pgrant.user_history for select to pgrant_janitor
  using (tenant_id = pgrant.tenant() and pgrant.user_gone(tenant_id, user_id));
create policy gone_renamed on pgrant.user_history for update to pgrant_janitor
  using (tenant_id = pgrant.tenant() and pgrant.user_gone(tenant_id, user_id)) with check (username = user_id::text);
grant select (tenant_id, user_id, username), update (username) on pgrant.user_history to pgrant_janitor;

create index user_history_username on pgrant.user_history (tenant_id, username_key);
create index user_role_history_scope on pgrant.user_role_history (tenant_id, scope);
create index group_member_history_group on pgrant.group_member_history (tenant_id, group_name);
create index group_role_history_scope on pgrant.group_role_history (tenant_id, scope);
create index grant_history_user on pgrant.grant_history (tenant_id, user_id);
create index grant_history_client on pgrant.grant_history (tenant_id, client_id);


-- Tamper evidence: the worker seals what was decided into one chain of hashes per tenant. The transaction that
-- decides takes no lock and no number for it; its own transaction id says when its events are final.

create table pgrant.audit_seals (
  tenant_id      uuid not null,
  number         bigint not null check (number >= 1),
  made_at        timestamptz not null,
  previous_seal  bytea check (length(previous_seal) = 32),
  previous_at    timestamptz,
  from_xid       bigint,
  to_xid         bigint,
  events         integer not null check (events between 1 and 1000),
  total          bigint not null check (total >= events),
  first_at       timestamptz not null,
  last_at        timestamptz not null,
  event_ids      uuid[] not null,
  digests        bytea[] not null,
  root           bytea not null check (length(root) = 32),
  seal           bytea not null check (length(seal) = 32),
  primary key (tenant_id, number, made_at),
  check ((number = 1) = (previous_seal is null)),
  check ((number = 1) = (previous_at is null))
) partition by range (made_at);

comment on table pgrant.audit_seals is
  'The chain of a tenant: each seal covers at most 1000 events of one month and the seal before it. Only ever appended to.';
comment on column pgrant.audit_seals.previous_seal is 'The seal before; null in the first.';
comment on column pgrant.audit_seals.previous_at is 'made_at of the seal before: tells a chain whose old seals were dropped from one that was cut.';
comment on column pgrant.audit_seals.from_xid is 'The events'' transactions, from this one on; null where they were found in a restored database.';
comment on column pgrant.audit_seals.to_xid is 'The events'' transactions, below this one.';
comment on column pgrant.audit_seals.total is 'Events of the tenant in this seal and all before it.';
comment on column pgrant.audit_seals.first_at is 'The oldest event; the seal is of the month (UTC) in which it lies.';
comment on column pgrant.audit_seals.event_ids is 'The events in their order: by time, then by id.';
comment on column pgrant.audit_seals.digests is 'SHA-256 of each event''s canonical text, pgrant_report.audit_event_text().';
comment on column pgrant.audit_seals.root is 'SHA-256 of all event_ids and digests, each id followed by its digest.';
comment on column pgrant.audit_seals.seal is 'SHA-256 of the seal''s canonical text, pgrant_report.audit_seal_text(), which names all but event_ids and digests.';

select pgrant.isolate('pgrant.audit_seals');
revoke insert, update, delete on pgrant.audit_seals from pgrant_definer;
create index audit_seals_last_at on pgrant.audit_seals (tenant_id, last_at);
-- Longer than the events by what a month's partition and a late seal may add.
insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('audit_seals', '1 month', '2 months', '15 months');

create table pgrant.audit_chains (
  tenant_id  uuid primary key references pgrant.tenants on delete cascade,
  number     bigint not null,
  seal       bytea not null,
  total      bigint not null,
  made_at    timestamptz not null
);

comment on table pgrant.audit_chains is
  'The last seal of each tenant: what the next one continues, when all seals of a tenant that was quiet for long are dropped too.';

select pgrant.isolate('pgrant.audit_chains');
revoke insert, update, delete on pgrant.audit_chains from pgrant_definer;

create table pgrant.audit_sealing (
  single        boolean primary key default true check (single),
  cluster       bigint,
  xid           bigint not null default 0,
  sealed_at     timestamptz,
  adopt_tenant  uuid,
  adopt_at      timestamptz,
  doubt_before  timestamptz not null default '-infinity'
);

comment on table pgrant.audit_sealing is 'Global, one row: how far the events of all tenants are sealed. Locked by the worker that seals.';
comment on column pgrant.audit_sealing.cluster is 'System identifier of the PostgreSQL cluster whose transaction ids these are; null before the first seal.';
comment on column pgrant.audit_sealing.xid is 'Events of all transactions below are sealed.';
comment on column pgrant.audit_sealing.sealed_at is 'When that was so.';
comment on column pgrant.audit_sealing.adopt_tenant is
  'In a database that came from another cluster, where transaction ids count anew: the tenant whose events are looked through; else null.';
comment on column pgrant.audit_sealing.adopt_at is 'From which event of this tenant on.';
comment on column pgrant.audit_sealing.doubt_before is
  'Events before this may have transaction ids of another cluster: whether they are sealed is looked up among the seals.';

alter table pgrant.audit_sealing enable row level security;
alter table pgrant.audit_sealing force row level security;
create policy sealing_made on pgrant.audit_sealing for insert to pgrant_owner with check (true);
create policy sealing_seen on pgrant.audit_sealing for select to pgrant_definer using (true);
create policy sealing_moved on pgrant.audit_sealing to pgrant_sealer using (true) with check (true);
insert into pgrant.audit_sealing default values;
create policy sealing_audited on pgrant.audit_sealing for select to pgrant_auditor using (pgrant.audited_tenant() is not null);
grant select on pgrant.audit_sealing to pgrant_definer, pgrant_auditor;
grant select, update on pgrant.audit_sealing to pgrant_sealer;

create table pgrant.audit_checkpoints (
  tenant_id   uuid not null references pgrant.tenants on delete cascade,
  number      bigint not null,
  seal        bytea not null check (length(seal) = 32),
  made_at     timestamptz not null default now(),
  expires_at  timestamptz not null default now() + interval '15 months',
  jwt         text not null,
  primary key (tenant_id, number)
);

comment on table pgrant.audit_checkpoints is
  'What the worker signed: that the tenant''s chain had this seal. Worth most as a copy that is kept elsewhere.';
comment on column pgrant.audit_checkpoints.jwt is 'typ audit-checkpoint+jwt, with the public key in its header: good after the key is gone.';

select pgrant.isolate('pgrant.audit_checkpoints');
revoke update, delete on pgrant.audit_checkpoints from pgrant_definer;
select pgrant.expire('pgrant.audit_checkpoints');
create index audit_checkpoints_expires_at on pgrant.audit_checkpoints ((expires_at at time zone 'UTC'));

create table pgrant.audit_archives (
  tenant_id    uuid not null references pgrant.tenants on delete cascade,
  month        date not null,
  events       bigint not null,
  file         text not null,
  digest       bytea not null check (length(digest) = 32),
  archived_at  timestamptz not null,
  primary key (tenant_id, month)
);

comment on table pgrant.audit_archives is 'Months whose events were written to a file with the proof that they are the ones that were sealed.';
comment on column pgrant.audit_archives.month is 'First day of the month, UTC.';
comment on column pgrant.audit_archives.file is 'Where it was written, as the machine that did so calls it.';
comment on column pgrant.audit_archives.digest is 'SHA-256 of the file.';

select pgrant.isolate('pgrant.audit_archives');
revoke delete on pgrant.audit_archives from pgrant_definer;

-- The sealer sees every event and only ever appends to the chains. It changes and removes none of what it saw.
create policy sealer_seen on pgrant.audit_events for select to pgrant_sealer using (true);
create policy sealer_seen on pgrant.audit_seals for select to pgrant_sealer using (true);
create policy sealer_appended on pgrant.audit_seals for insert to pgrant_sealer with check (true);
create policy sealer_moved on pgrant.audit_chains to pgrant_sealer using (true) with check (true);
create policy sealer_seen on pgrant.audit_archives for select to pgrant_sealer using (true);
create policy catalogue_sealed on pgrant.issuers for select to pgrant_sealer using (true);
grant select on pgrant.audit_events, pgrant.audit_archives to pgrant_sealer;
grant select (tenant_id) on pgrant.issuers to pgrant_sealer;
grant select, insert on pgrant.audit_seals to pgrant_sealer;
grant select, insert, update on pgrant.audit_chains to pgrant_sealer;

-- What is left of a tenant that was removed.
create policy removed_seen on pgrant.audit_seals for select to pgrant_janitor
  using (pgrant.tenant_removed(tenant_id));
create policy removed_deleted on pgrant.audit_seals for delete to pgrant_janitor
  using (pgrant.tenant_removed(tenant_id));
grant select (tenant_id), delete on pgrant.audit_seals to pgrant_janitor;

select pgrant.audited('pgrant.audit_seals', array[
  'tenant_id', 'number', 'made_at', 'previous_seal', 'previous_at', 'from_xid', 'to_xid', 'events', 'total', 'first_at', 'last_at',
  'event_ids', 'digests', 'root', 'seal']);
select pgrant.audited('pgrant.audit_chains', array['tenant_id', 'number', 'seal', 'total', 'made_at']);
select pgrant.audited('pgrant.audit_checkpoints', array['tenant_id', 'number', 'seal', 'made_at', 'expires_at', 'jwt']);
select pgrant.audited('pgrant.audit_archives', array['tenant_id', 'month', 'events', 'file', 'digest', 'archived_at']);


-- Refusals are counted and not piled up: strangers can make nothing grow.

create table pgrant.refusals (
  tenant_id   uuid not null,
  minute      timestamptz not null check (minute = date_trunc('minute', minute, 'UTC')),
  key_hash    bytea not null check (length(key_hash) = 32),
  event_id    uuid not null default gen_random_uuid(),
  first_at    timestamptz not null,
  last_at     timestamptz not null,
  refused     integer not null default 1 check (refused >= 1),
  action      text not null,
  error       text not null,
  reason      text,
  user_id     uuid,
  client_id   text,
  grant_id    uuid,
  family_id   uuid,
  address     inet,
  request_id  text,
  detail      jsonb,
  recorded    boolean not null,
  covered_by   uuid,
  primary key (tenant_id, minute, key_hash)
) partition by range (minute);

comment on table pgrant.refusals is
  'Refusals of a kind from an address within a minute, as one row with their count. Of those that name a known client or person the first is an audit event besides; of others this is all that is kept, for days and not months.';
comment on column pgrant.refusals.minute is 'When the minute began.';
comment on column pgrant.refusals.key_hash is 'SHA-256 of what makes the kind: action, error, reason, known client, person, grant, family and address prefix.';
comment on column pgrant.refusals.event_id is 'The id of the audit event that will stand for the repeats where the first was one.';
comment on column pgrant.refusals.refused is 'How often, the first included.';
comment on column pgrant.refusals.client_id is 'As the first one named it; the client is known where recorded is true.';
comment on column pgrant.refusals.request_id is 'That of the first.';
comment on column pgrant.refusals.recorded is 'Whether the first is an audit event: a client or a person is known.';
comment on column pgrant.refusals.covered_by is
  'The audit event that the worker recorded for it when its minute was over, and that holds its digest; null = none yet.';

select pgrant.isolate('pgrant.refusals');
create index refusals_first_at on pgrant.refusals (tenant_id, first_at, event_id);
create index refusals_unsealed on pgrant.refusals (tenant_id, minute) where covered_by is null;
insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('refusals', '1 day', '3 days', '7 days');

-- The janitor says for which tenants there is something to record.
create policy unsealed_seen on pgrant.refusals for select to pgrant_janitor
  using (covered_by is null and minute < now() - interval '2 minutes');
grant select (tenant_id, minute, covered_by) on pgrant.refusals to pgrant_janitor;

select pgrant.audited('pgrant.refusals', array[
  'tenant_id', 'minute', 'event_id', 'first_at', 'last_at', 'refused', 'action', 'error', 'reason', 'user_id', 'client_id', 'grant_id',
  'family_id', 'address', 'request_id', 'detail', 'recorded', 'covered_by']);


-- Events that leave: who wants to hear of them (webhooks), and what has to be delivered to whom (outbox).

create table pgrant.webhooks (
  tenant_id              uuid not null references pgrant.tenants on delete cascade,
  name                   text not null check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  url                    text not null
    check (length(url) <= 2048
           and url ~ '^(https://[^/?#@\\\s]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)([/?][^#\\\s]*)?$'),
  event_types            text[] check (cardinality(event_types) > 0),
  sealed_secret          bytea not null,
  sealed_old_secret      bytea,
  old_secret_expires_at  timestamptz,
  dead_letter_lifetime   integer not null default 2592000 check (dead_letter_lifetime between 3600 and 31536000),
  paused_until           timestamptz not null default '-infinity',
  created_at             timestamptz not null default now(),
  disabled_at            timestamptz,
  disabled_reason        text,
  primary key (tenant_id, name),
  check ((sealed_old_secret is null) = (old_secret_expires_at is null)),
  check ((disabled_at is null) = (disabled_reason is null))
);

comment on table pgrant.webhooks is 'Where the events of a tenant are sent to (Standard Webhooks).';
comment on column pgrant.webhooks.url is 'https, or http on a loopback host; no credentials: every request is signed.';
comment on column pgrant.webhooks.event_types is 'What is sent; null = everything.';
comment on column pgrant.webhooks.sealed_secret is 'What requests are signed with, AES-256-GCM under a key that the database does not have.';
comment on column pgrant.webhooks.sealed_old_secret is 'The secret before, with which requests are signed as well until old_secret_expires_at.';
comment on column pgrant.webhooks.dead_letter_lifetime is 'For so long what could not be delivered is kept.';
comment on column pgrant.webhooks.paused_until is 'Nothing is sent until then: the receiver did not answer at all, or asked for time.';
comment on column pgrant.webhooks.disabled_at is 'Since when no event is kept for it.';

comment on constraint webhooks_name_check on pgrant.webhooks is '1 to 63 lower-case letters, digits and inner hyphens';
comment on constraint webhooks_url_check on pgrant.webhooks is 'an https URL (http on a loopback host) of at most 2048 characters, without credentials and fragment';
comment on constraint webhooks_event_types_check on pgrant.webhooks is 'a list of at least one event type';
comment on constraint webhooks_dead_letter_lifetime_check on pgrant.webhooks is 'a whole number of seconds from 3600 to 31536000';

select pgrant.isolate('pgrant.webhooks');
select pgrant.audited('pgrant.webhooks', array['tenant_id', 'name', 'url', 'event_types', 'old_secret_expires_at',
  'dead_letter_lifetime', 'paused_until', 'created_at', 'disabled_at', 'disabled_reason']);

create table pgrant.outbox (
  tenant_id        uuid not null,
  event_id         uuid not null,
  webhook          text not null,
  type             text not null,
  at               timestamptz not null default now(),
  data             jsonb not null check (jsonb_typeof(data) = 'object'),
  state            text not null default 'pending' check (state in ('pending', 'delivered', 'dead')),
  attempts         integer not null default 0,
  next_attempt_at  timestamptz not null default now(),
  give_up_at       timestamptz not null default now() + interval '1 day',
  last_status      integer,
  last_error       text check (length(last_error) <= 500),
  attempt_log      jsonb not null default '[]' check (jsonb_array_length(attempt_log) <= 20),
  finished_at      timestamptz,
  expires_at       timestamptz not null default 'infinity',
  primary key (tenant_id, event_id, webhook),
  foreign key (tenant_id, webhook) references pgrant.webhooks on delete cascade,
  check ((state = 'pending') = (finished_at is null)),
  check ((state = 'pending') = (expires_at = 'infinity'))
);

create index outbox_due on pgrant.outbox (tenant_id, webhook, next_attempt_at) where state = 'pending';
create index outbox_expires_at on pgrant.outbox ((expires_at at time zone 'UTC'));

comment on table pgrant.outbox is 'One row per event and webhook, written in the transaction that the event is about; kept as the log of deliveries.';
comment on column pgrant.outbox.event_id is 'The audit event; webhook-id of each attempt, so that a receiver can tell a repeat.';
comment on column pgrant.outbox.data is 'What is said of the event: identifiers, never a secret, a name or an address.';
comment on column pgrant.outbox.state is 'pending = to be delivered; delivered = the receiver said so; dead = given up.';
comment on column pgrant.outbox.attempts is 'Begun so far since it was queued or sent again; the number of the one that runs.';
comment on column pgrant.outbox.next_attempt_at is 'While an attempt runs: when it counts as lost with its worker.';
comment on column pgrant.outbox.give_up_at is 'The last attempt is made no later: a day after it was queued or sent again.';
comment on column pgrant.outbox.last_status is 'HTTP status of the last attempt; null where there was no answer.';
comment on column pgrant.outbox.attempt_log is 'The last 20 attempts, oldest first: {at, status, error, ms}.';
comment on column pgrant.outbox.expires_at is 'When the row goes: 7 days after it was delivered, dead_letter_lifetime after it was given up.';

select pgrant.isolate('pgrant.outbox');
select pgrant.expire('pgrant.outbox', array['tenant_id', 'webhook', 'at', 'state', 'next_attempt_at']);
select pgrant.audited('pgrant.outbox', array['tenant_id', 'event_id', 'webhook', 'type', 'at', 'data', 'state', 'attempts',
  'next_attempt_at', 'give_up_at', 'last_status', 'last_error', 'attempt_log', 'finished_at', 'expires_at']);

-- The worker asks which webhooks of all tenants have something to deliver: answered by names and times alone.
create policy pending_seen on pgrant.outbox for select to pgrant_janitor using (state = 'pending');
create policy live_seen on pgrant.webhooks for select to pgrant_janitor using (disabled_at is null);
grant select (tenant_id, name, paused_until, disabled_at) on pgrant.webhooks to pgrant_janitor;


-- What the worker does by the clock: which tasks there are, and what each run did.

create table pgrant.schedules (
  task   text primary key check (task ~ '^[a-z][a-z_]{0,62}$'),
  every  interval not null check (every > interval '0'),
  does   text not null,
  since  timestamptz not null default now()
);

comment on table pgrant.schedules is 'Global: the tasks of the worker; the twin of its crontab. Filled by each release.';
comment on column pgrant.schedules.every is 'The longest time between two runs by the crontab.';
comment on column pgrant.schedules.does is 'What the task is for.';
comment on column pgrant.schedules.since is 'When the task was first released: one that has never run is late from then on.';

alter table pgrant.schedules enable row level security;
alter table pgrant.schedules force row level security;
create policy schedules_kept on pgrant.schedules to pgrant_owner using (true) with check (true);
create policy schedules_seen on pgrant.schedules for select to pgrant_definer using (true);
-- Of all tenants, as their runs below: without those, each task would look late.
create policy schedules_audited on pgrant.schedules for select to pgrant_auditor
  using (pgrant.audited_tenant() = '00000000-0000-0000-0000-000000000000');
grant select on pgrant.schedules to pgrant_definer, pgrant_auditor;

create table pgrant.task_runs (
  run_id       uuid not null default gen_random_uuid(),
  task         text not null,
  started_at   timestamptz not null default now(),
  finished_at  timestamptz,
  duration     numeric(12, 3) generated always as (extract(epoch from finished_at - started_at)) stored,
  counts       jsonb check (jsonb_typeof(counts) = 'object'),
  error        text check (length(error) <= 500),
  expires_at   timestamptz not null default now() + interval '30 days',
  primary key (run_id, expires_at),
  check (finished_at is not null or (counts is null and error is null))
) partition by range (expires_at);

create index task_runs_started on pgrant.task_runs (task, started_at);

comment on table pgrant.task_runs is 'Global: one row per run of a task of the worker, for 30 days.';
comment on column pgrant.task_runs.finished_at is 'Null while it runs, and for ever where the worker was killed.';
comment on column pgrant.task_runs.duration is 'Seconds.';
comment on column pgrant.task_runs.counts is 'What it did, by kind, such as rows deleted by table; null where it failed.';
comment on column pgrant.task_runs.error is 'Why it failed; null where it did not.';

alter table pgrant.task_runs enable row level security;
alter table pgrant.task_runs force row level security;
create policy runs_kept on pgrant.task_runs to pgrant_definer using (true) with check (true);
-- Errors may tell of any tenant: no business of an auditor of one.
create policy runs_audited on pgrant.task_runs for select to pgrant_auditor
  using (pgrant.audited_tenant() = '00000000-0000-0000-0000-000000000000');
grant select, insert, update on pgrant.task_runs to pgrant_definer;
grant select on pgrant.task_runs to pgrant_auditor;

insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('task_runs', '7 days', '37 days', '1 hour');

select pgrant.expire('pgrant.task_runs');
