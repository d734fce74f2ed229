-- What an operator has set for a client with a document outlives its idleness: the janitor sees that they have.
grant select (operator_requires, scopes) on pgrant.clients to pgrant_janitor;
