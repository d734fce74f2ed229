// The alert rules and the dashboard ask for what there is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { crontab } from '../src/worker/schedule.ts';
import { root } from './support/pages.ts';
import { startWatched } from './support/telemetry.ts';

type Rule = { alert: string; expr: string; annotations: { summary: string; description: string } };
type Panel = { title: string; targets: { expr: string; legendFormat: string }[] };

const read = (file: string) => readFileSync(join(root, '.github/monitoring', file), 'utf8');
const rules: Rule[] = parse(read('alerts.yml')).groups.flatMap(
  (one: { rules: Rule[] }) => one.rules,
);
const panels: Panel[] = JSON.parse(read('dashboard.json')).panels;
const asked = [
  ...rules.map(({ alert, expr, annotations }) => ({
    name: alert,
    expr,
    said: annotations.summary + annotations.description,
  })),
  ...panels.flatMap(({ title, targets }) =>
    targets.map(({ expr, legendFormat }) => ({ name: title, expr, said: legendFormat })),
  ),
];

/** The metrics, and the labels of each where it has any. */
const metrics = new Map<string, string[]>();

beforeAll(async () => {
  const { text } = (await startWatched()).metrics;
  const source = readFileSync(join(root, 'src/telemetry/metrics.ts'), 'utf8');
  const types = (await text()).matchAll(/^# TYPE (\w+) (\w+)$/gm);
  for (const [, name = '', type] of types) {
    const at = source.indexOf(`'${name.replace('pgrant_', '')}'`);
    const list = /\[([^\]]*)\]/.exec(source.slice(at))?.[1] ?? '';
    // The counters of pools are declared alike.
    const labels = /pooled\($/.test(source.slice(0, at)) ? `'pool'` : list;
    const own = name.startsWith('pgrant_')
      ? [...labels.matchAll(/'(\w+)'/g)].map(([, label = '']) => label)
      : [];
    const series = type === 'histogram' ? ['_bucket', '_count', '_sum'] : [''];
    for (const end of series) metrics.set(name + end, end === '_bucket' ? [...own, 'le'] : own);
  }
});

test('there are alert rules and panels', () => {
  expect(rules.length).toBeGreaterThan(5);
  expect(panels.length).toBeGreaterThan(10);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});

describe.each(asked)('$name', ({ expr, said }) => {
  const names = () => [...expr.matchAll(/\b(?:pgrant|nodejs|process)_\w+/g)].map(([name]) => name);

  test('asks for metrics that there are', () => {
    expect(names()).not.toEqual([]);
    expect(names().filter((name) => !metrics.has(name))).toEqual([]);
  });

  test('groups by, filters by and says only labels that these have', () => {
    const known = ['instance', ...names().flatMap((name) => metrics.get(name) ?? [])];
    const by = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
    const filters = [...expr.matchAll(/[{,]\s*(\w+)(?:!?=~?)"/g)].map(([, label = '']) => label);
    const words = [...said.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}/g)].map(
      ([, label = '']) => label,
    );
    expect([...by, ...filters, ...words].filter((label) => !known.includes(label))).toEqual([]);
    // A label that was summed away is empty.
    expect(words.filter((label) => !by.includes(label))).toEqual([]);
  });

  test('names tasks that there are', () => {
    const tasks = [...crontab.matchAll(/ (\w+) \?/g)].map(([, task]) => task);
    const named = [...expr.matchAll(/task="(\w+)"/g)].map(([, task]) => task);
    expect(named.filter((task) => !tasks.includes(task))).toEqual([]);
  });
});
