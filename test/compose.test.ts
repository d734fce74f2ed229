import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../src/settings/config.ts';

type Service = {
  image: string;
  command?: string[];
  environment?: Record<string, string | number>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  restart?: string;
};

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const text = read('docker-compose.yml');
const services: Record<string, Service> = parse(text, { merge: true }).services;
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const ours = Object.entries(services).filter(([name]) => name !== 'postgres');

test('a production is PostgreSQL 18, one release, web and worker', () => {
  expect(Object.keys(services)).toEqual(['postgres', 'release', 'web', 'worker']);
  expect(services.postgres?.image).toBe('postgres:18');
  expect(services.release?.restart).toBe('no');
});

test.each(ours)('the commands of %s are npm scripts that exist', (_name, service) => {
  const commands = [service.command, service.healthcheck?.test.slice(1)].filter((words) => words);
  for (const words of commands) {
    const [npm, run, script] = words?.filter((word) => !word.startsWith('--')) ?? [];
    expect([npm, run]).toEqual(['npm', 'run']);
    expect(Object.keys(scripts)).toContain(script);
  }
});

test.each(ours)('the environment of %s is made of settings that exist', (_name, service) => {
  const names: string[] = settings.map(({ name }) => name);
  for (const name of Object.keys(service.environment ?? {})) expect(names).toContain(name);
});

test('web and worker wait for the release, and the release for the database', () => {
  for (const name of ['web', 'worker']) {
    expect(services[name]?.depends_on?.release?.condition).toBe('service_completed_successfully');
  }
  expect(services.release?.depends_on?.postgres?.condition).toBe('service_healthy');
  for (const name of ['postgres', 'web', 'worker']) {
    expect(services[name]?.healthcheck?.test).toBeDefined();
  }
});

test('no secret is in the file: each comes from the environment and must be there', () => {
  for (const { environment = {} } of Object.values(services)) {
    for (const [name, value] of Object.entries(environment)) {
      if (/PASSWORD|SECRET|DATABASE/.test(name)) expect(value).toMatch(/\$\{\w+:\?\}/);
    }
  }
});
