-- Names that people decide by: no character in them that nobody sees, or that is taken for nothing.
--
-- PostgreSQL's regular expressions know no Unicode properties, and its classes depend on the locale: the code points are
-- spelt out. test/sql/names.test.ts compares them with the properties, and says what they would have to be.

create function pgrant.invisible_characters() returns text
language sql immutable parallel safe
as $$
  select
    '\u0001-\u001F\u007F-\u00A0\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890-\u0891\u08E2\u115F-\u1160\u1680' ||
    '\u17B4-\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uE000-\uF8FF\uFDD0-\uFDEF' ||
    '\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFF\U000110BD\U000110CD\U00013430-\U0001343F\U0001BCA0-\U0001BCA3' ||
    '\U0001D173-\U0001D17A\U0001FFFE-\U0001FFFF\U0002FFFE-\U0002FFFF\U0003FFFE-\U0003FFFF\U0004FFFE-\U0004FFFF' ||
    '\U0005FFFE-\U0005FFFF\U0006FFFE-\U0006FFFF\U0007FFFE-\U0007FFFF\U0008FFFE-\U0008FFFF\U0009FFFE-\U0009FFFF' ||
    '\U000AFFFE-\U000AFFFF\U000BFFFE-\U000BFFFF\U000CFFFE-\U000CFFFF\U000DFFFE-\U000E0FFF\U000EFFFE-\U0010FFFF'
$$;

comment on function pgrant.invisible_characters() is
  'For a bracket expression: control, format (bidirectional controls, tags, joiners), private use, separators but the space, Default_Ignorable_Code_Point (variation selectors, fillers), noncharacters, the blank Braille pattern, and what stands for a character that is lost.';

create function pgrant.pictographs() returns text
language sql immutable parallel safe
as $$
  select
    '\u00A9\u00AE\u203C\u2049\u2122\u2139\u2194-\u2199\u21A9-\u21AA\u231A-\u231B\u2328\u23CF\u23E9-\u23F3\u23F8-\u23FA' ||
    '\u24C2\u25AA-\u25AB\u25B6\u25C0\u25FB-\u25FE\u2600-\u2604\u260E\u2611\u2614-\u2615\u2618\u261D\u2620\u2622-\u2623' ||
    '\u2626\u262A\u262E-\u262F\u2638-\u263A\u2640\u2642\u2648-\u2653\u265F-\u2660\u2663\u2665-\u2666\u2668\u267B' ||
    '\u267E-\u267F\u2692-\u2697\u2699\u269B-\u269C\u26A0-\u26A1\u26A7\u26AA-\u26AB\u26B0-\u26B1\u26BD-\u26BE\u26C4-\u26C5' ||
    '\u26C8\u26CE-\u26CF\u26D1\u26D3-\u26D4\u26E9-\u26EA\u26F0-\u26F5\u26F7-\u26FA\u26FD\u2702\u2705\u2708-\u270D\u270F' ||
    '\u2712\u2714\u2716\u271D\u2721\u2728\u2733-\u2734\u2744\u2747\u274C\u274E\u2753-\u2755\u2757\u2763-\u2764\u2795-\u2797' ||
    '\u27A1\u27B0\u27BF\u2934-\u2935\u2B05-\u2B07\u2B1B-\u2B1C\u2B50\u2B55\u3030\u303D\u3297\u3299\U0001F004' ||
    '\U0001F02C-\U0001F02F\U0001F094-\U0001F09F\U0001F0AF-\U0001F0B0\U0001F0C0\U0001F0CF-\U0001F0D0\U0001F0F6-\U0001F0FF' ||
    '\U0001F170-\U0001F171\U0001F17E-\U0001F17F\U0001F18E\U0001F191-\U0001F19A\U0001F1AE-\U0001F1E5\U0001F201-\U0001F20F' ||
    '\U0001F21A\U0001F22F\U0001F232-\U0001F23A\U0001F23C-\U0001F23F\U0001F249-\U0001F25F\U0001F266-\U0001F321' ||
    '\U0001F324-\U0001F393\U0001F396-\U0001F397\U0001F399-\U0001F39B\U0001F39E-\U0001F3F0\U0001F3F3-\U0001F3F5' ||
    '\U0001F3F7-\U0001F3FA\U0001F400-\U0001F4FD\U0001F4FF-\U0001F53D\U0001F549-\U0001F54E\U0001F550-\U0001F567' ||
    '\U0001F56F-\U0001F570\U0001F573-\U0001F57A\U0001F587\U0001F58A-\U0001F58D\U0001F590\U0001F595-\U0001F596' ||
    '\U0001F5A4-\U0001F5A5\U0001F5A8\U0001F5B1-\U0001F5B2\U0001F5BC\U0001F5C2-\U0001F5C4\U0001F5D1-\U0001F5D3' ||
    '\U0001F5DC-\U0001F5DE\U0001F5E1\U0001F5E3\U0001F5E8\U0001F5EF\U0001F5F3\U0001F5FA-\U0001F64F\U0001F680-\U0001F6C5' ||
    '\U0001F6CB-\U0001F6D2\U0001F6D5-\U0001F6E5\U0001F6E9\U0001F6EB-\U0001F6F0\U0001F6F3-\U0001F6FF\U0001F7DA-\U0001F7FF' ||
    '\U0001F80C-\U0001F80F\U0001F848-\U0001F84F\U0001F85A-\U0001F85F\U0001F888-\U0001F88F\U0001F8AE-\U0001F8AF' ||
    '\U0001F8BC-\U0001F8BF\U0001F8C2-\U0001F8CF\U0001F8D9-\U0001F8FF\U0001F90C-\U0001F93A\U0001F93C-\U0001F945' ||
    '\U0001F947-\U0001F9FF\U0001FA58-\U0001FA5F\U0001FA6E-\U0001FAFF\U0001FC00-\U0001FFFD'
$$;

comment on function pgrant.pictographs() is 'For a bracket expression: Extended_Pictographic, what emoji are made of.';

create function pgrant.text_sound(p_text text) returns boolean
language plpgsql immutable parallel safe
as $$
declare
  -- Arabic, Syriac, the Indic scripts, Tibetan, Myanmar, Khmer: where joiners change how letters are written.
  v_joining constant text := '[\u0600-\u0DFF\u0F00-\u109F\u1780-\u17FF]';
  v_pictograph constant text := '[' || pgrant.pictographs() || ']';
  v_text text := p_text;
begin
  if v_text ~ '[\u200C\u200D\uFE0F]' then
    v_text := regexp_replace(v_text, '[0-9#*]\uFE0F\u20E3', '', 'g');
    v_text := regexp_replace(v_text, '(' || v_pictograph || ')\uFE0F', '\1', 'g');
    v_text := regexp_replace(v_text, '(' || v_pictograph || '[\U0001F3FB-\U0001F3FF]?)\u200D(?=' || v_pictograph || ')', '\1', 'g');
    v_text := regexp_replace(v_text, '(' || v_joining || ')[\u200C\u200D](?=' || v_joining || ')', '\1', 'g');
  end if;
  return v_text !~ ('[' || pgrant.invisible_characters() || ']');
end
$$;

comment on function pgrant.text_sound(text) is
  'Whether a text in one line shows all its characters. Joiners only where they are seen: between letters of scripts that join, and in emoji; a variation selector only in emoji. Ideographic variation sequences are refused, since two names that differ by one look alike in most fonts.';

create function pgrant.name_sound(p_name text) returns boolean
language plpgsql immutable parallel safe
as $$
begin
  return length(p_name) between 1 and 255
     and p_name is nfc normalized
     and p_name !~ '^ |  | $'
     -- A mark of no script of its own would sit on what stands before the name.
     and p_name !~ '^[\u0300-\u036F\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F]'
     and pgrant.text_sound(p_name);
end
$$;

comment on function pgrant.name_sound(text) is
  'Whether people see a name as it is: 1 to 255 characters, all visible (text_sound), in Unicode normal form C, with single spaces and none at the ends.';

create function pgrant.name_normal(p_name text) returns text
language plpgsql immutable parallel safe
as $$
begin
  return btrim(regexp_replace(normalize(p_name, nfc),
    '[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+', ' ', 'g'));
end
$$;

comment on function pgrant.name_normal(text) is
  'A name in Unicode normal form C, any white space in it as one space: what others say is taken so, where it is a name at all then.';

revoke execute on function pgrant.invisible_characters(), pgrant.pictographs(), pgrant.text_sound(text), pgrant.name_sound(text),
  pgrant.name_normal(text) from public;
grant execute on function pgrant.invisible_characters(), pgrant.pictographs(), pgrant.text_sound(text), pgrant.name_sound(text),
  pgrant.name_normal(text) to pgrant_definer;

do $$
declare
  v_table text;
  v_column text;
begin
  for v_table, v_column in values
    ('issuers', 'title'), ('tenants', 'title'), ('clients', 'name'), ('scopes', 'title'), ('users', 'username'),
    ('groups', 'title'), ('upstreams', 'title'), ('resources', 'title'), ('registration_tokens', 'name')
  loop
    execute format('alter table pgrant.%1$I add constraint %1$s_%2$s_sound check (pgrant.name_sound(%2$I))', v_table, v_column);
    execute format('comment on constraint %1$s_%2$s_sound on pgrant.%1$I is %3$L', v_table, v_column,
                   'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, '
                   'with single spaces and none at the ends');
  end loop;
end
$$;

alter table pgrant.scopes
  add constraint scopes_description_sound check (length(description) <= 1000 and pgrant.text_sound(replace(description, E'\n', ' ')));
comment on constraint scopes_description_sound on pgrant.scopes is
  'text of at most 1000 characters, but for line breaks only such as people can see';
