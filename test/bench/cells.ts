// What is measured: one cell per server and kind of request.

export type Scenario =
  | 'refresh opaque'
  | 'refresh ES256'
  // Only for pgrant: with a proof (RFC 9449); aimed at is 1.35 of the CPU of a refresh without, besides the signature.
  | 'refresh DPoP'
  | 'client_credentials opaque'
  | 'client_credentials ES256'
  // Only for pgrant: for a registered resource (RFC 8707).
  | 'client_credentials resource'
  | 'introspection opaque'
  | 'introspection JWT'
  | 'code flow'
  // Only for pgrant: each token of a family that nobody has used, far from the one before.
  | 'refresh at random'
  // Only for pgrant: each connection has families of its own, at one tenant or at many.
  | 'refresh of its own';

export type ServerName = 'pgrant' | 'oidc-provider';
export type Target = ServerName | 'SQL under pgbench';

export type Cell = { target: Target; scenario: Scenario };

/** The least ratio of requests, pgrant to oidc-provider, and the most of CPU, that are aimed at. */
export const aims: { scenario: Scenario; requests?: number; cpu?: number }[] = [
  { scenario: 'refresh opaque', requests: 3, cpu: 0.35 },
  { scenario: 'refresh ES256', requests: 2, cpu: 0.5 },
  { scenario: 'refresh DPoP' },
  // oidc-provider looks up nothing here; pgrant checks and records.
  { scenario: 'client_credentials opaque', requests: 1.2, cpu: 0.9 },
  { scenario: 'client_credentials ES256' },
  { scenario: 'client_credentials resource' },
  { scenario: 'introspection opaque', requests: 2, cpu: 0.5 },
  { scenario: 'introspection JWT' },
  { scenario: 'code flow', requests: 2, cpu: 0.5 },
];

const scenarios = aims.map(({ scenario }) => scenario);

// oidc-provider keeps no record of the JWTs that it signs, and refuses to introspect them.
const none: Cell[] = [
  { target: 'oidc-provider', scenario: 'introspection JWT' },
  { target: 'oidc-provider', scenario: 'client_credentials resource' },
  { target: 'oidc-provider', scenario: 'refresh DPoP' },
];
const inSql: Scenario[] = ['refresh opaque', 'client_credentials opaque', 'introspection opaque'];

/** The cells whose "target scenario" contains one of the words, or all; pgbench's where it is there. */
export function chooseCells(only: readonly string[], pgbench: boolean): Cell[] {
  const all = scenarios.flatMap((scenario) => [
    { target: 'pgrant' as const, scenario },
    { target: 'oidc-provider' as const, scenario },
    ...(pgbench && inSql.includes(scenario)
      ? [{ target: 'SQL under pgbench' as const, scenario }]
      : []),
  ]);
  return all.filter(
    (cell) =>
      !none.some(({ target, scenario }) => cell.target === target && cell.scenario === scenario) &&
      (only.length === 0 || only.some((word) => nameOf(cell).includes(word))),
  );
}

/** The name of a cell. */
export function nameOf({ target, scenario }: Cell): string {
  return `${target} ${scenario}`;
}
