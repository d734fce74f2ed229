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

-- With "set role pgrant_auditor" a member would be what reads all tenants. So whoever logged in counts then,
-- unless the login may act as the owner of the tables anyway: an administrator who steps down.
create function pgrant.auditor() returns name
language sql stable parallel safe
return case when current_user = 'pgrant_auditor' and not pg_has_role(session_user, 'pgrant_owner', 'MEMBER')
            then session_user else current_user end;

comment on function pgrant.auditor() is 'The role whose row in pgrant.auditors decides what the current user may read.';

alter table pgrant.auditors enable row level security;
alter table pgrant.auditors force row level security;
create policy own_seen on pgrant.auditors for select to pgrant_auditor using (role_name = pgrant.auditor());
create policy catalogue on pgrant.auditors to pgrant_definer using (true) with check (true);
grant select on pgrant.auditors to pgrant_auditor;
grant select, insert, update, delete on pgrant.auditors to pgrant_definer;

-- RFC 9562 5.9: the Nil UUID is no tenant's.
create function pgrant.auditor_tenant() returns uuid
language sql stable parallel safe
return case when pgrant.auditor() = 'pgrant_auditor' then '00000000-0000-0000-0000-000000000000'::uuid
            else (select coalesce(a.tenant_id, '00000000-0000-0000-0000-000000000000')
                    from pgrant.auditors a where a.role_name = pgrant.auditor()) end;

comment on function pgrant.auditor_tenant() is
  'The tenant whose rows the current user may read in reports: the Nil UUID = every tenant, null = none.';

-- Immutable, so that a plan has the tenant as a constant: what runs between the table and the auditor's own conditions is
-- then one comparison, and nothing that an auditor could see run or not run. It changes with the role, for which PostgreSQL
-- plans a table with policies anew, and with pgrant.auditors, after which pgrant_rules.auditors_changed() has plans made anew.
create function pgrant.audited_tenant() returns uuid
language sql immutable parallel safe
return pgrant.auditor_tenant();

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
       client_document_refused_hosts client_document_quota client_document_rate'),
    ('signing_keys', 'tenant_id kid alg public_jwk created_at active_at expires_at'),
    ('scopes', 'tenant_id scope title description sensitive created_at requires_role icon disabled_at'),
    ('clients', 'tenant_id client_id name token_endpoint_auth_method application_type redirect_uris post_logout_redirect_uris
       allowed_origins grant_types scopes consent require_pkce access_token_format access_token_alg id_token_alg id_token_claims
       access_token_lifetime id_token_lifetime refresh_idle_lifetime refresh_lifetime replay_window consent_lifetime created_at disabled_at maker_id
       allowed_networks client_uri logo_uri tos_uri policy_uri contacts software_id software_version default_max_age
       require_auth_time initiate_login_uri jwks jwks_uri registered left_out registered_at registered_from requested_at last_used_at
       expires_at document_fetched_at document_expires_at identity_changed_at token_endpoint_auth_signing_alg
       assertion_audience assertion_lifetime'),
    ('client_key_sets', 'tenant_id client_id jwks_uri jwks claimed_at settled_at fetched_at fresh_until last_error'),
    ('client_assertions', 'tenant_id client_id expires_at'),
    ('client_secrets', 'tenant_id client_id secret_id created_at expires_at last_used_at'),
    ('users', 'tenant_id user_id username created_at updated_at disabled_at external_subject'),
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
    ('login_failures', 'tenant_id expires_at failures'),
    ('audit_events', 'tenant_id at event_id action error reason user_id client_id grant_id family_id address request_id detail'),
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

-- EXPLAIN shows what the planner expects, for which it asks the statistics of all tenants. Of what people are called they
-- keep a name or two, and not the hundred that could be found out by asking what is expected between two names.
alter table pgrant.users alter column username set statistics 1, alter column external_subject set statistics 1;
alter table pgrant.upstream_accounts alter column subject set statistics 1;

-- Incidents are few among many events. What is no incident costs one comparison.
create index audit_events_reuse on pgrant.audit_events (tenant_id, at) where action in ('refresh.reuse', 'code.reuse');

-- So are refusals.
create index audit_events_refused on pgrant.audit_events (tenant_id, at, event_id) where error is not null;
