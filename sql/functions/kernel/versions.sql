-- What a form or a request was made from: a change to what has moved on since is told from one to what it was.

create function pgrant_rules.value_version(p_value jsonb) returns text
language sql immutable
as $$ select left(encode(sha256(convert_to(p_value::text, 'UTF8')), 'hex'), 32) $$;

comment on function pgrant_rules.value_version(jsonb) is 'Tells a value from every other one.';

create function pgrant_rules.member_versions(p_state jsonb) returns jsonb
language sql immutable
as $$
  select case when jsonb_typeof(p_state) = 'object'
              then coalesce((select jsonb_object_agg(m.key, left(pgrant_rules.value_version(m.value), 12))
                               from jsonb_each(p_state) m), '{}') end
$$;

comment on function pgrant_rules.member_versions(jsonb) is
  'For each member of a state its version: what a form carries that is made from it. Null for what is no object.';

create function pgrant_rules.members_moved(p_versions jsonb, p_now jsonb, p_members text[]) returns jsonb
language sql immutable
as $$
  select coalesce(jsonb_object_agg(v.key, p_now -> v.key), '{}')
    from jsonb_each_text(pgrant_rules.member_versions(p_now)) v
   where v.key = any (p_members) and v.value is distinct from p_versions ->> v.key
$$;

comment on function pgrant_rules.members_moved(jsonb, jsonb, text[]) is
  'Of the members of a state those that have another version than p_versions (null or without it = there was none), as they are now.';

create function pgrant_rules.moved_in_vain(p_moved jsonb, p_after jsonb) returns boolean
language sql immutable
as $$ select exists (select from jsonb_each(p_moved) m where m.value is distinct from p_after -> m.key) $$;

comment on function pgrant_rules.moved_in_vain(jsonb, jsonb) is
  'Whether a state that a change leads to undoes one of the members that have moved: a form that is sent twice undoes none.';
