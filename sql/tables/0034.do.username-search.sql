-- People are found by the beginning of their username.

-- In the order of the bytes whatever begins alike stands together, and an index finds it; in the order of a language it need not.
alter table pgrant.users alter column username_key type text collate "C";
