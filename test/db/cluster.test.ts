import { expect, test } from 'vitest';
import { type Cluster, clusterFault, unreachedFault } from '../../src/release/cluster.ts';

const sound: Cluster = {
  version: '14.0-1',
  isCoordinator: true,
  nodes: ['db1:5432', 'db2:5432'].map((node) => ({ node, version: '14.0-1', prepared: 100 })),
};
const second = (node: Partial<Cluster['nodes'][number]>): Cluster => ({
  ...sound,
  nodes: sound.nodes.map((one, at) => (at === 1 ? { ...one, ...node } : one)),
});

test('a release goes on where the coordinator and all nodes are as it needs them', () => {
  expect(clusterFault(sound)).toBeUndefined();
  expect(clusterFault({ ...sound, nodes: [] })).toBeUndefined();
});

test.each<[string, Cluster, RegExp]>([
  ['at a node that is no coordinator', { ...sound, isCoordinator: false }, /no coordinator/],
  ['on a Citus that it was not seen on', { ...sound, version: '13.2-1' }, /13\.2-1 here.*14\.0/],
  ['while a node is away', second({ version: null, prepared: null }), /db2:5432 is away/],
  ['where a node has another Citus', second({ version: '14.1-1' }), /14\.1-1 at db2:5432/],
  ['where a node prepares no transactions', second({ prepared: 0 }), /is 0 at db2:5432/],
])('a release %s ends in one line before anything is changed', (_, cluster, line) => {
  expect(clusterFault(cluster)).toMatch(line);
  expect(clusterFault(cluster)).not.toContain('\n');
});

test('a release that cannot act on every node as each role says in one line whom to let in', () => {
  expect(unreachedFault([])).toBeUndefined();
  const way = { from: 'db0:5432', to: 'db1:5432' };
  const line = unreachedFault(['pgrant_owner', 'pgrant_sealer'].map((role) => ({ role, ...way })));
  expect(line).toMatch(/pgrant_owner, pgrant_sealer \(db1:5432 from db0:5432\).*pg_dist_authinfo/);
  expect(line).not.toContain('\n');
});
