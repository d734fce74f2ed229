-- Columns of tables and types that mean the same wherever they are; see comments.sql.

do $$
declare
  v_column record;
begin
  for v_column in
    with shared (name, meaning) as (values
        ('access_expires_at', 'Until when the access token is good.'),
        ('access_hash', 'SHA-256 of the access token, where it is opaque.'),
        ('access_claims', 'Claims of the person that the resources of the token want.'),
        ('acr', 'acr of the sign-in (OpenID Connect Core 2).'),
        ('acr_values', 'acr_values of the request, the best first.'),
        ('action', 'noun.verb, as in pgrant.audit_events.'),
        ('active', 'Whether the token is good (RFC 7662 2.2).'),
        ('address', 'From where it came.'),
        ('allowed', 'Whether they may.'),
        ('amr', 'amr of the sign-in (RFC 8176 2).'),
        ('audience', 'aud of the access token.'),
        ('authorization_details', 'What was asked for or granted beside scopes (RFC 9396).'),
        ('auth_time', 'When the person signed in.'),
        ('client', 'The client.'),
        ('client_documents', 'Whether clients may be named by the URL of their metadata.'),
        ('client_id', 'The client.'),
        ('client_name', 'The client''s name for people.'),
        ('claims', 'Claims, each with its value.'),
        ('claims_id_token', 'Claims that were asked for one by one, for the ID token (OpenID Connect Core 5.5).'),
        ('claims_userinfo', 'Claims that were asked for one by one, for userinfo (OpenID Connect Core 5.5).'),
        ('cnf', 'What tokens are bound to (RFC 7800 3.1).'),
        ('code_challenge', 'code_challenge of the request (RFC 7636 4.3), method S256.'),
        ('consented', 'Scopes that were consented to.'),
        ('consent_expires_at', 'Until when the consent holds.'),
        ('created_at', 'When it was made.'),
        ('detail', 'What else there is to say, for the audit.'),
        ('device_hash', 'SHA-256 of the device code''s secret.'),
        ('disabled', 'Whether it is disabled.'),
        ('disabled_at', 'Since when it is disabled; null = it is not.'),
        ('enabled', 'Whether it was not disabled.'),
        ('end_request_id', 'The request that ended it (X-Request-Id); null = none did, or it is still so.'),
        ('error', 'The error of the answer; null = none.'),
        ('expires_at', 'Until when it is good.'),
        ('family_expires_at', 'Until when the family is good, however it is used.'),
        ('family_id', 'The family: all that one code gave.'),
        ('finished_at', 'When it was over; null = it is not.'),
        ('first_at', 'When it came first.'),
        ('grant_id', 'The grant: what the person allowed the client.'),
        ('group_name', 'The group.'),
        ('idle_expires_at', 'Until when it is good unless it is used.'),
        ('issued_at', 'When it was issued.'),
        ('issuer', 'Issuer identifier of the tenant.'),
        ('jwks', 'Public keys as a JWK set (RFC 7517 5).'),
        ('kind', 'How it is spoken with: OpenID Connect or OAuth 2.0.'),
        ('last_at', 'When it came last.'),
        ('last_error', 'Why the last attempt failed; null = it did not, or there was none.'),
        ('last_used_at', 'When it was last used; null = never.'),
        ('late', 'Tasks of the worker that are late.'),
        ('machine', 'Whether it acts for itself and not for people.'),
        ('maker_id', 'The person whose API credential it is; null = an application.'),
        ('n', 'Place in the set of requests, from 1.'),
        ('name', 'Its name.'),
        ('nonce', 'nonce of the request (OpenID Connect Core 3.1.2.1).'),
        ('prompt', 'prompt of the request (OpenID Connect Core 3.1.2.1).'),
        ('reason', 'Why, for log and audit: never for a client; null = there is no error.'),
        ('redirect_uri', 'Where the answer goes.'),
        ('redirect_uri_sent', 'Whether the request named it: then the code is redeemed with it (RFC 6749 4.1.3).'),
        ('refresh_token', 'Whether there is a refresh token.'),
        ('replay_until', 'Until when the refresh token before may be replayed.'),
        ('request_id', 'The request behind it (X-Request-Id); null = none was.'),
        ('registration', 'Who may register clients.'),
        ('resource', 'The resource.'),
        ('resources', 'Resources that are asked for (RFC 8707 2).'),
        ('revoked_at', 'When it was revoked; null = it is not.'),
        ('revoked_reason', 'Why it was revoked; null = it is not.'),
        ('roles', 'Those of the scopes that are roles.'),
        ('salt', 'Salt of the Argon2id key.'),
        ('scope', 'The scope.'),
        ('scopes', 'The scopes.'),
        ('secret_expires_at', 'When the last of its secrets ends.'),
        ('session_id', 'The session of the browser; null = there is none.'),
        ('settings', 'Its settings, as pgrant_ops.setting_list() says.'),
        ('state_expires_at', 'Until when state may come back.'),
        ('subject', 'sub of the tokens.'),
        ('successor_hash', 'SHA-256 of the refresh token that follows.'),
        ('tenant_id', 'The tenant.'),
        ('tenant_name', 'Name of the tenant.'),
        ('title', 'Its name for people.'),
        ('unfinished', 'Tables in which the last cleanup left expired rows.'),
        ('upstream', 'Name of the upstream.'),
        ('use_due', 'Whether its use is to be recorded.'),
        ('request_due', 'Whether its request is to be recorded.'),
        ('self_registered', 'Whether it registered itself.'),
        ('user_id', 'The person.'),
        ('username', 'The person''s username.'),
        ('told_of_logout', 'Whether it is told when a session ends.'))
    select c.oid::regclass as described, a.attname as name, coalesce(s.meaning, t.meaning) as meaning
      from pg_catalog.pg_attribute a
      join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'c', 'v') and not c.relispartition
      left join shared s on s.name = a.attname
      -- What a type takes over from a client or its tenant is what it is there.
      left join lateral (
        select pg_catalog.col_description(b.attrelid, b.attnum) as meaning
          from pg_catalog.pg_attribute b
         where c.relkind in ('c', 'v') and b.attname = a.attname
           and b.attrelid in ('pgrant.tenants'::regclass, 'pgrant.clients'::regclass, 'pgrant.resources'::regclass)
           and pg_catalog.col_description(b.attrelid, b.attnum) is not null
         order by b.attrelid = 'pgrant.tenants'::regclass desc, b.attrelid = 'pgrant.clients'::regclass desc
         limit 1) t on true
     where c.relnamespace in ('pgrant'::regnamespace, 'pgrant_api'::regnamespace, 'pgrant_rules'::regnamespace)
       and a.attnum > 0 and not a.attisdropped and pg_catalog.col_description(c.oid, a.attnum) is null
       and coalesce(s.meaning, t.meaning) is not null
  loop
    execute format('comment on column %s.%I is %L', v_column.described, v_column.name, v_column.meaning);
  end loop;
end
$$;
