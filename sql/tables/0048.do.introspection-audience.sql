-- What a client is told of at introspection: only tokens that are for it (RFC 7662 4, RFC 9701 5).

create function pgrant.audiences_sound(p_audiences text[]) returns boolean
language sql immutable parallel safe
as $$
  select cardinality(p_audiences) between 1 and 20
     and not exists (select from unnest(p_audiences) a (name) where (length(a.name) between 1 and 512) is not true)
$$;

comment on function pgrant.audiences_sound(text[]) is
  'Whether each can be in aud, where none would mean nothing at all. Whether tokens of the tenant have them is asked when they are set.';

revoke execute on function pgrant.audiences_sound(text[]) from public;
grant execute on function pgrant.audiences_sound(text[]) to pgrant_definer;

alter table pgrant.clients add column introspection_audience text[];
alter table pgrant.clients
  add constraint clients_introspection_audience_check check (pgrant.audiences_sound(introspection_audience));

comment on column pgrant.clients.introspection_audience is
  'What the client is told of at introspection beside its own tokens: access tokens whose aud has one of these (RFC 7662 4, RFC 9701 5). Null = every access token of the tenant.';
comment on constraint clients_introspection_audience_check on pgrant.clients is 'a list of 1 to 20 audiences of 1 to 512 characters';

select pgrant.audited('pgrant.clients', array['introspection_audience']);
