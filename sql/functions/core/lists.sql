-- Lists that more than one place needs: each stands here and nowhere else. The generator reads them for src/protocol/lists.ts.

create function pgrant_rules.standard_claims() returns table (claim text, type text, scope text)
language sql immutable
as $$
  values
    ('sub', 'string', 'openid'),
    ('name', 'string', 'profile'),
    ('family_name', 'string', 'profile'),
    ('given_name', 'string', 'profile'),
    ('middle_name', 'string', 'profile'),
    ('nickname', 'string', 'profile'),
    ('preferred_username', 'string', 'profile'),
    ('profile', 'string', 'profile'),
    ('picture', 'string', 'profile'),
    ('website', 'string', 'profile'),
    ('gender', 'string', 'profile'),
    ('birthdate', 'string', 'profile'),
    ('zoneinfo', 'string', 'profile'),
    ('locale', 'string', 'profile'),
    ('updated_at', 'number', 'profile'),
    ('email', 'string', 'email'),
    ('email_verified', 'boolean', 'email'),
    ('address', 'object', 'address'),
    ('phone_number', 'string', 'phone'),
    ('phone_number_verified', 'boolean', 'phone'),
    ('auth_time', 'number', null),
    ('acr', 'string', null),
    ('amr', 'array', null),
    ('sid', 'string', null)
$$;

comment on function pgrant_rules.standard_claims() is
  'The claims that there are (OpenID Connect Core 5.1, 2), the JSON type of each, and the scope that asks for it (5.4); null = only ID tokens have it.';

create function pgrant_report.standard_scope_texts() returns table (scope text, title text, description text)
language sql immutable
as $$
  values
    ('openid', 'Know who you are', 'See an identifier for your account here.'),
    ('profile', 'See your profile', 'Your name, picture and similar public details.'),
    ('email', 'See your email address', 'And whether it has been verified.'),
    ('address', 'See your postal address', ''),
    ('phone', 'See your phone number', 'And whether it has been verified.'),
    ('roles', 'See your roles and groups', 'What you may do here, and which groups you are in.'),
    ('offline_access', 'Keep access while you are away', 'Until you revoke it.')
$$;

comment on function pgrant_report.standard_scope_texts() is
  'The scopes that every tenant begins with (OpenID Connect Core 5.4, 11), in words for people.';

create function pgrant_report.standard_scopes() returns text[]
language sql immutable
as $$ select array_agg(s.scope) from pgrant_report.standard_scope_texts() s $$;

comment on function pgrant_report.standard_scopes() is 'The scopes that every tenant begins with, and that every resource lets pass.';
