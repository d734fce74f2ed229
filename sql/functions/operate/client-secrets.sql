-- What operators call: secrets of confidential clients.

create function pgrant_ops.client_secret_remove(p_tenant uuid, p_client_id text, p_secret_id uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  delete from pgrant.client_secrets s
   where s.tenant_id = p_tenant and s.client_id = p_client_id and s.secret_id = p_secret_id;
  if not found then
    raise exception 'the client % has no secret %', p_client_id, p_secret_id
      using errcode = 'OA001', hint = 'pgrant_ops.client_show lists its secrets';
  end if;
  perform pgrant_rules.client_remember(p_tenant, p_client_id, 'client.secret_remove');
  perform pgrant_rules.audit(p_tenant, 'client.secret_remove', null, null, p_client_id,
                             p_detail => jsonb_build_object('secret_id', p_secret_id));
end
$$;

comment on function pgrant_ops.client_secret_remove(uuid, text, uuid) is 'Removes a secret of a client at once. Raises OA001.';
