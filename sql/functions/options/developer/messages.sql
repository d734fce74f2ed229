-- The developer portal: what is said of an application, and what waits for a review.

create function pgrant_rules.message_sound(p_message text) returns boolean
language sql immutable
as $$ select length(p_message) <= 2000 and pgrant.text_sound(regexp_replace(p_message, E'\r?\n', ' ', 'g')) $$;

comment on function pgrant_rules.message_sound(text) is 'Whether people see all of a message: the check of pgrant.developer_messages.';

create function pgrant_rules.developer_message_add(p_tenant uuid, p_client_id text, p_action text, p_message text) returns void
language plpgsql
as $$
begin
  insert into pgrant.developer_messages (tenant_id, client_id, action, message)
  values (p_tenant, p_client_id, p_action, replace(p_message, E'\r\n', E'\n'));
  delete from pgrant.developer_messages m
   where m.tenant_id = p_tenant and m.client_id = p_client_id
     and m.message_id in (select o.message_id from pgrant.developer_messages o
                           where o.tenant_id = p_tenant and o.client_id = p_client_id
                           order by o.at desc, o.message_id offset 100);
end
$$;

comment on function pgrant_rules.developer_message_add(uuid, text, text, text) is 'Keeps what was done and said; of each application the last hundred.';

create function pgrant_rules.developer_submit(p_tenant uuid, p_client_id text, p_proposed jsonb, p_message text) returns void
language plpgsql
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update pgrant.developer_clients d
     set proposed = p_proposed, submitted_at = v_now
   where d.tenant_id = p_tenant and d.client_id = p_client_id;
  perform pgrant_rules.developer_message_add(p_tenant, p_client_id, 'submit', p_message);
end
$$;

comment on function pgrant_rules.developer_submit(uuid, text, jsonb, text) is
  'Has an application, or what is proposed for one that was approved, wait for a review.';
