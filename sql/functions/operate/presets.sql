-- Presets: several settings of a tenant under one name. A preset is these rows and nothing else; what is set can be set anew one by one.

create function pgrant_ops.tenant_presets() returns table (preset text, setting text, value jsonb, why text)
language plpgsql immutable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query values
    ('default', 'registration', '"closed"'::jsonb, 'operators register clients'),
    ('default', 'registration_rate', '20', 'an hour, per address'),
    ('default', 'registered_consent', '"assured"', 'asked each time where any program could pretend to be the client'),
    ('default', 'client_documents', '"closed"', 'no client from a document'),
    ('default', 'redirect_schemes', '[]', 'https, loopback and reversed domain names only (RFC 8252 7)'),
    ('default', 'replay_window', '60', 'a lost answer or two tabs log nobody out'),
    ('default', 'require_pkce', 'true', 'of confidential clients too (OAuth 2.1 7.5.1)'),
    ('default', 'assertion_audience', '"issuer"', 'an assertion that another server could replay is refused (RFC 7523bis)'),
    ('default', 'session_management', 'false',
     'where browsers keep cookies from frames, every session looks changed to clients that watch it'),
    ('default', 'password_change_revokes', 'true', 'whoever had the old password may have used it'),

    ('strict', 'registration', '"closed"', 'operators register clients'),
    ('strict', 'registration_rate', '20', 'an hour, per address'),
    ('strict', 'registered_consent', '"always"', 'nobody vouches for what registered itself'),
    ('strict', 'client_documents', '"closed"', 'no client from a document'),
    ('strict', 'redirect_schemes', '[]', 'https, loopback and reversed domain names only (RFC 8252 7)'),
    ('strict', 'replay_window', '0', 'a refresh token is good once, to the letter (RFC 9700 4.14.2)'),
    ('strict', 'require_pkce', 'true', 'of confidential clients too (OAuth 2.1 7.5.1)'),
    ('strict', 'password_change_revokes', 'true', 'whoever had the old password may have used it'),

    ('mcp', 'registration', '"open"', 'MCP clients that publish no document register themselves (RFC 7591)'),
    ('mcp', 'registration_rate', '1000', 'hosted clients register for many people from few addresses'),
    ('mcp', 'client_documents', '"open"', 'MCP clients prefer to publish what they are'),
    ('mcp', 'redirect_schemes', '["claude", "cursor", "kiro", "trae", "vscode", "vscode-insiders", "warp", "windsurf", "zed"]',
     'hosts of MCP that have codes sent to a scheme of their own'),

    ('openid-compatible', 'require_pkce', 'false', 'confidential clients that know OpenID Connect and no PKCE, from now on'),
    ('openid-compatible', 'assertion_audience', '"token_endpoint"',
     'clients that address an assertion to the token endpoint (OpenID Connect Core 9)'),
    ('openid-compatible', 'session_management', 'true', 'clients that watch a session from a frame (OpenID Connect Session Management)');
end
$$;

comment on function pgrant_ops.tenant_presets() is
  'What tenant_set sets for {"preset": name}: one row per setting, and why. The rows of default are the defaults of all settings that a preset has.';

create function pgrant_rules.preset_settings(p_settings jsonb) returns jsonb
language plpgsql stable
as $$
declare
  v_preset text := p_settings ->> 'preset';
  v_settings jsonb;
begin
  if not p_settings ? 'preset' then
    return p_settings;
  end if;
  select jsonb_object_agg(p.setting, p.value) into v_settings from pgrant_ops.tenant_presets() p where p.preset = v_preset;
  if v_settings is null then
    raise exception 'there is no preset %', v_preset
      using errcode = 'OA003', hint = 'presets: ' || (select string_agg(distinct p.preset, ', ') from pgrant_ops.tenant_presets() p);
  end if;
  return v_settings || (p_settings - 'preset');
end
$$;

comment on function pgrant_rules.preset_settings(jsonb) is
  'Settings with the preset that they name in place of its name; what is named beside it wins. Raises OA003.';
