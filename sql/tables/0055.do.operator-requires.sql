-- What an operator has made a client do is no matter of the client's own.
alter table pgrant.clients add column operator_requires text[];
comment on column pgrant.clients.operator_requires is
  'Which of its settings that require something an operator has turned on: neither its metadata nor its developer turn them off. null = none.';
select pgrant.audited('pgrant.clients', '{operator_requires}');
