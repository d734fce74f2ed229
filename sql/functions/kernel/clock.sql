-- Time: lifetimes, and how moments are written.

create function pgrant_rules.whole_second(p_at timestamptz) returns timestamptz
language sql stable
as $$ select date_trunc('second', p_at) $$;

comment on function pgrant_rules.whole_second(timestamptz) is
  'Without fractions: an expiry travels inside its secret in whole seconds and is compared for equality.';

create function pgrant_rules.after(p_lifetime integer) returns timestamptz
language sql stable
as $$ select pgrant_rules.whole_second(now()) + make_interval(secs => p_lifetime) $$;

comment on function pgrant_rules.after(integer) is 'The moment p_lifetime seconds from now, in whole seconds.';

create function pgrant_rules.epoch(p_at timestamptz) returns bigint
-- Not immutable: extract from a timestamptz is stable, and a function that promises more than its body is not inlined.
language sql stable
as $$ select floor(extract(epoch from p_at))::bigint $$;

comment on function pgrant_rules.epoch(timestamptz) is 'Seconds since 1970, as JWTs count them.';

create function pgrant_rules.moment(p_epoch bigint) returns timestamptz
language sql immutable
as $$ select to_timestamp(p_epoch) $$;

comment on function pgrant_rules.moment(bigint) is 'The inverse of epoch().';

create type pgrant_rules.expiries as (
  moments   timestamptz[],
  earliest  timestamptz,
  latest    timestamptz
);

comment on type pgrant_rules.expiries is
  'When the secrets of a set expire, which says in which partitions they are. By its bounds: PostgreSQL 18 leaves out no partition for "= any (array)" while it runs.';
comment on column pgrant_rules.expiries.moments is 'Of each request; null = it has none.';
comment on column pgrant_rules.expiries.earliest is 'The first of them; null = there is none.';
comment on column pgrant_rules.expiries.latest is 'The last of them; null = there is none.';

create function pgrant_rules.expiries_of(p_epoch bigint[]) returns pgrant_rules.expiries
language plpgsql immutable
as $$
declare
  v_moments timestamptz[];
  v_earliest bigint;
  v_latest bigint;
begin
  for i in 1 .. cardinality(p_epoch) loop
    v_moments[i] := pgrant_rules.moment(p_epoch[i]);
    v_earliest := least(v_earliest, p_epoch[i]);
    v_latest := greatest(v_latest, p_epoch[i]);
  end loop;
  return row(v_moments, pgrant_rules.moment(v_earliest), pgrant_rules.moment(v_latest))::pgrant_rules.expiries;
end
$$;

comment on function pgrant_rules.expiries_of(bigint[]) is 'The expiries of a set of requests, by those that they presented, in epoch seconds; null = none.';

create function pgrant_rules.consent_expiry(p_lifetime integer) returns timestamptz
language sql stable
as $$ select case when p_lifetime = 0 then 'infinity'::timestamptz else pgrant_rules.after(p_lifetime) end $$;

comment on function pgrant_rules.consent_expiry(integer) is 'When a consent given now expires; 0 = it never does.';

create function pgrant_rules.iso8601(p_at timestamptz) returns text
language sql stable
as $$ select case when isfinite(p_at) then to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end $$;

comment on function pgrant_rules.iso8601(timestamptz) is 'A moment in UTC for machines and people (RFC 3339); null for null and infinity.';
