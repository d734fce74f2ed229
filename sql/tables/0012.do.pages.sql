-- What people see: in which language.

create function pgrant.page_languages() returns text[]
language sql immutable parallel safe
as $$ select array['en', 'es', 'pt', 'de'] $$;

comment on function pgrant.page_languages() is 'The languages of the pages (BCP 47), each a file of templates/languages.';

revoke execute on function pgrant.page_languages() from public;
grant execute on function pgrant.page_languages() to pgrant_definer;

alter table pgrant.tenants add column default_language text not null default 'en';
alter table pgrant.tenants add constraint tenants_default_language_check check (default_language = any (pgrant.page_languages()));
comment on column pgrant.tenants.default_language is
  'The language of the pages where neither the application (ui_locales) nor the browser (Accept-Language) asks for one that they have.';
select pgrant.audited('pgrant.tenants', '{default_language}');

create function pgrant.accent_sound(p_color text) returns boolean
language sql immutable parallel safe
as $$
  -- The luminance of WCAG 2.2; 0.1618 has a contrast of 4.5 to 1 with the ground of the pages, #f2f4f7, and more with white.
  select p_color ~ '^#[0-9a-f]{6}$'
     and (select sum(w.weight * case when c.part <= 0.04045 then c.part / 12.92 else power((c.part + 0.055) / 1.055, 2.4) end)
            from (values (2, 0.2126), (4, 0.7152), (6, 0.0722)) w (at, weight)
           cross join lateral (
             select get_byte(decode(substr(p_color, w.at, 2), 'hex'), 0) / 255.0 as part) c) <= 0.1618
$$;

comment on function pgrant.accent_sound(text) is
  'Whether a colour can be read on the pages, and white text on it (WCAG 2.2 1.4.3).';

revoke execute on function pgrant.accent_sound(text) from public;
grant execute on function pgrant.accent_sound(text) to pgrant_definer;

alter table pgrant.tenants
  add column accent_color text,
  add column support_uri text,
  add column policy_uri text,
  add column tos_uri text;
alter table pgrant.tenants
  add constraint tenants_accent_color_check check (case when accent_color ~ '^#[0-9a-f]{6}$' then pgrant.accent_sound(accent_color)
                                                        else accent_color is null end);
alter table pgrant.tenants
  add constraint tenants_support_uri_check
    check (support_uri ~ '^(https://|mailto:)[\x21\x23-\x3B\x3D\x3F-\x7E]+$' and length(support_uri) <= 500);
alter table pgrant.tenants
  add constraint tenants_policy_uri_check
    check (policy_uri ~ '^https://[\x21\x23-\x3B\x3D\x3F-\x7E]+$' and length(policy_uri) <= 500);
alter table pgrant.tenants
  add constraint tenants_tos_uri_check
    check (tos_uri ~ '^https://[\x21\x23-\x3B\x3D\x3F-\x7E]+$' and length(tos_uri) <= 500);
comment on column pgrant.tenants.accent_color is
  'The colour of buttons and links on the pages; in the dark theme it is made as light as it has to be. Null = the colour of pgrant.';
comment on column pgrant.tenants.support_uri is 'Where people get help, below every page; null = nowhere.';
comment on column pgrant.tenants.policy_uri is 'The privacy policy, below every page; null = none.';
comment on column pgrant.tenants.tos_uri is 'The terms of service, below every page; null = none.';
comment on constraint tenants_accent_color_check on pgrant.tenants is
  'a colour such as #2453b8, in lower case, that has a contrast of at least 4.5 to 1 with the light ground of the pages (WCAG 2.2 1.4.3)';
comment on constraint tenants_support_uri_check on pgrant.tenants is 'an https or mailto URL of at most 500 characters';
comment on constraint tenants_policy_uri_check on pgrant.tenants is 'an https URL of at most 500 characters';
comment on constraint tenants_tos_uri_check on pgrant.tenants is 'an https URL of at most 500 characters';
select pgrant.audited('pgrant.tenants', '{accent_color, support_uri, policy_uri, tos_uri}');

alter table pgrant.tenants add column account_deletion boolean not null default false;
comment on column pgrant.tenants.account_deletion is
  'Whether people may delete their account themselves; where it is off they are told to ask whoever runs the service.';
select pgrant.audited('pgrant.tenants', '{account_deletion}');

alter table pgrant.authorization_requests add column ui_locales text[] not null default '{}';
alter table pgrant.authorization_requests
  add constraint authorization_requests_ui_locales_bounded check (pg_column_size(ui_locales) <= 1024);
comment on column pgrant.authorization_requests.ui_locales is
  'The languages that the application asks for, the first one first (OpenID Connect Core 3.1.2.1).';
select pgrant.audited('pgrant.authorization_requests', '{ui_locales}');

create table pgrant.scope_texts (
  tenant_id    uuid not null,
  scope        text not null,
  language     text not null constraint scope_texts_language_check check (language = any (pgrant.page_languages())),
  title        text not null constraint scope_texts_title_sound check (pgrant.name_sound(title)),
  description  text not null default ''
    constraint scope_texts_description_sound check (length(description) <= 1000 and pgrant.text_sound(replace(description, E'\n', ' '))),
  primary key (tenant_id, scope, language),
  foreign key (tenant_id, scope) references pgrant.scopes on delete cascade
);

comment on table pgrant.scope_texts is
  'What may be asked for, in words for people who read another language than the one of pgrant.scopes.';
comment on column pgrant.scope_texts.language is 'One of those that the pages have (BCP 47).';
comment on column pgrant.scope_texts.description is 'A sentence more than the title.';
comment on constraint scope_texts_title_sound on pgrant.scope_texts is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint scope_texts_description_sound on pgrant.scope_texts is
  'text of at most 1000 characters, but for line breaks only such as people can see';

select pgrant.isolate('pgrant.scope_texts');
select pgrant.audited('pgrant.scope_texts', '{tenant_id, scope, language, title, description}');
