-- Where somebody is signed in: by which program, and from where.

alter table pgrant.sessions add column address inet;
alter table pgrant.sessions add column user_agent text;
alter table pgrant.sessions
  add constraint sessions_user_agent_check check (length(user_agent) <= 400 and user_agent !~ '[\u0001-\u001f\u007f-\u009f]');
comment on column pgrant.sessions.address is 'From where the person signed in; null = a session from before this was kept.';
comment on column pgrant.sessions.user_agent is
  'What the browser called itself then (User-Agent, RFC 9110 10.1.5), without control characters; null = it said nothing.';
comment on constraint sessions_user_agent_check on pgrant.sessions is 'at most 400 characters, none of them a control character';
select pgrant.audited('pgrant.sessions', '{address,user_agent}');
