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
