-- Private-use schemes of redirect URIs that are no reversed domain name: allowed by name, tenant by tenant.

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

create or replace function pgrant.redirect_uris_sound(p_uris text[]) returns boolean
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

revoke execute on function pgrant.redirect_scheme_sound(text), pgrant.redirect_schemes_sound(text[]) from public;
grant execute on function pgrant.redirect_scheme_sound(text), pgrant.redirect_schemes_sound(text[]) to pgrant_definer;

alter table pgrant.tenants
  add column redirect_schemes text[] not null default '{}' check (pgrant.redirect_schemes_sound(redirect_schemes));

comment on column pgrant.tenants.redirect_schemes is
  'Private-use schemes that public clients may have in redirect URIs though they are no reversed domain name, which RFC 8252 7.1 asks for: any program may claim them. Asked when a client is registered or changed.';

comment on constraint tenants_redirect_schemes_check on pgrant.tenants is 'a list of schemes of applications, without a dot, such as ["cursor"]';

select pgrant.audited('pgrant.tenants', array['redirect_schemes']);
