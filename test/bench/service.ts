// What the servers, the people and the load generator have in common.

export type BenchClient = {
  client_id: string;
  client_secret: string;
  /** Of its access tokens. */
  format: 'opaque' | 'jwt';
};

/** What the load generator has to know of a server. */
export type Service = {
  origin: string;
  /** Paths of the endpoints. */
  authorize: string;
  token: string;
  introspect: string;
  clients: Record<BenchClient['format'], BenchClient>;
  /** The name of a field of the login page. */
  usernameField: string;
};

/** How many people there are, and connections: each connection works for a person of its own. */
export const people = 32;
export const password = 'correct horse battery staple';
/** What a client may name as resource (RFC 8707). */
export const resource = 'https://api.example.com/bench';
export const redirectUri = 'http://127.0.0.1:9/callback';
