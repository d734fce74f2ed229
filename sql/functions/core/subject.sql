-- What clients call people: sub (OpenID Connect Core 8).

create function pgrant_rules.sector(p_client_id text, p_sector_identifier_uri text, p_redirect_uris text[]) returns text
language sql immutable
as $$
  select coalesce(lower(substring(p_sector_identifier_uri from '^https?://(\[[^]]*\]|[^/?#:]+)')),
                  (select min(pgrant.uri_host(u.uri)) from unnest(p_redirect_uris) u (uri)),
                  p_client_id)
$$;

comment on function pgrant_rules.sector(text, text, text[]) is
  'The sector identifier of a client (OpenID Connect Core 8.1). What runs on a device has no host of its own, and is a sector by itself.';

create function pgrant_rules.pairwise_subject(p_salt bytea, p_sector text, p_user_id uuid) returns text
language sql immutable
as $$ select encode(sha256(p_salt || sha256(p_salt || uuid_send(p_user_id) || convert_to(p_sector, 'utf8'))), 'hex') $$;

comment on function pgrant_rules.pairwise_subject(bytea, text, uuid) is
  'A pairwise subject (OpenID Connect Core 8.1): the same each time, and nobody without the salt can compute it or tell that two are one person.';

create function pgrant_rules.subject(
  p_subject_type text, p_salt bytea, p_client_id text, p_sector_identifier_uri text, p_redirect_uris text[], p_user_id uuid
) returns text
language plpgsql immutable
as $$
begin
  if p_subject_type = 'pairwise' then
    return pgrant_rules.pairwise_subject(p_salt, pgrant_rules.sector(p_client_id, p_sector_identifier_uri, p_redirect_uris), p_user_id);
  end if;
  return p_user_id::text;
end
$$;

comment on function pgrant_rules.subject(text, bytea, text, text, text[], uuid) is
  'The sub by which a client knows a person, wherever it is told one (OpenID Connect Core 8).';

create function pgrant_rules.client_subject(p_client pgrant_rules.client_policies, p_id uuid) returns text
language sql immutable
as $$
  select pgrant_rules.subject(p_client.subject_type, p_client.pairwise_salt, p_client.client_id, p_client.sector_identifier_uri,
                              p_client.redirect_uris, p_id)
$$;

comment on function pgrant_rules.client_subject(pgrant_rules.client_policies, uuid) is
  'What a client calls a person (sub) or, with a session_id, a session (sid): a sid that every client of the session had in common would tell that two pairwise subjects are one person.';

create function pgrant_rules.subject_remember(p_tenant uuid, p_client pgrant_rules.client_policies, p_user_id uuid) returns void
language plpgsql
as $$
begin
  if p_client.subject_type = 'pairwise' then
    insert into pgrant.pairwise_subjects (tenant_id, subject, user_id, sector)
    select p_tenant, pgrant_rules.pairwise_subject(p_client.pairwise_salt, s.sector, p_user_id), p_user_id, s.sector
      from pgrant_rules.sector(p_client.client_id, p_client.sector_identifier_uri, p_client.redirect_uris) s (sector)
        on conflict do nothing;
  end if;
end
$$;

comment on function pgrant_rules.subject_remember(uuid, pgrant_rules.client_policies, uuid) is
  'Keeps whom a pairwise subject means, before a client is told it.';

create function pgrant_rules.subject_user(p_tenant uuid, p_client pgrant_rules.client_policies, p_subject text) returns text
language plpgsql stable
as $$
begin
  if p_subject is null or p_client.subject_type is distinct from 'pairwise' then
    return p_subject;
  end if;
  -- Never the subject itself: a client that learnt somebody's user_id elsewhere could ask whether this is the person.
  return coalesce((select s.user_id::text from pgrant.pairwise_subjects s
                    where s.tenant_id = p_tenant and s.subject = p_subject
                      and s.sector = pgrant_rules.sector(p_client.client_id, p_client.sector_identifier_uri, p_client.redirect_uris)), '');
end
$$;

comment on function pgrant_rules.subject_user(uuid, pgrant_rules.client_policies, text) is
  'Whom a client means by a sub, as the text of a user_id; empty = nobody, null of null.';
