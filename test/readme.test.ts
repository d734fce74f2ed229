// The pages: their form, their links, and the tutorial, which is run as it stands there.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEmbedded } from '../src/embedded/embedded.ts';
import { compiled } from './support/compiled.ts';
import { freePort } from './support/free-port.ts';
import {
  anchorsOf,
  blocksOf,
  linesOf,
  linksOf,
  pages,
  proseOf,
  root,
  textOf,
} from './support/pages.ts';

const execute = promisify(execFile);
const others = ['CONTRIBUTING', 'SECURITY', 'CHANGELOG'].map((name) => `.github/${name}.md`);

describe('README.md', () => {
  test('is one screen: at most 150 lines of at most 120 characters', () => {
    const lines = textOf('README.md').trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(150);
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
  });

  test('has the two commands', () => {
    for (const command of ['npm ci && npm start', 'npm ci && npm test']) {
      expect(textOf('README.md')).toContain(`\n    ${command}\n`);
    }
  });

  test('leads to every page', () => {
    const linked = linksOf('README.md').map(({ path }) => path);
    expect(pages.filter((page) => page !== 'README.md' && !linked.includes(page))).toEqual([]);
  });
});

test.each(pages)('%s says in its first line what kind of page it is [Diátaxis]', (page) => {
  expect(textOf(page)).toMatch(/^# .+ \((tutorial|how-to|reference|explanation)\)\n/);
});

test.each([...pages, ...others])('every relative link of %s resolves', (page) => {
  const broken = linksOf(page).filter(
    ({ path, anchor }) =>
      !existsSync(join(root, path)) || (anchor !== undefined && !anchorsOf(path).includes(anchor)),
  );
  expect(broken).toEqual([]);
});

test.each([...pages, ...others])('every path that %s names is there', (page) => {
  const named = proseOf(page).matchAll(/`((?:src|sql|test|templates|\.ci)\/[\w./-]+)`/g);
  const missing = [...named].filter(([, path = '']) => !existsSync(join(root, path)));
  expect(missing.map(([, path]) => path)).toEqual([]);
});

test('no paragraph, item or row of over 120 characters stands twice in the pages', () => {
  const seen = new Map<string, string>();
  const twice: string[] = [];
  for (const page of pages) {
    for (const part of proseOf(page).split(/\n\n|\n(?=[-|]|\d+\. )/)) {
      const text = part.replaceAll(/\s+/g, ' ').trim();
      if (text.length <= 120) continue;
      if (seen.has(text)) twice.push(`${seen.get(text)} and ${page}: ${text}`);
      seen.set(text, page);
    }
  }
  expect(twice).toEqual([]);
});

const program = join(root, 'src/main.ts');
const operators = ['src/cli/README.md', ...pages.filter((page) => page.includes('/functions/'))];

describe('beside a running npm start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-tutorial-'));
  let port: number;
  let server: ChildProcess;
  const env = () => ({ ...process.env, ...compiled, PORT: String(port), PGRANT_DATA: folder });

  beforeAll(async () => {
    port = await freePort();
    server = spawn(process.execPath, [program, 'start'], { env: env() });
    let said = '';
    await new Promise((resolve, reject) => {
      server.stdout?.on('data', (text) => {
        said += text;
        if (said.includes('pgrant is ready')) resolve(undefined);
      });
      server.once('exit', (code) => reject(new Error(`npm start ended with ${code}: ${said}`)));
    });
  }, 90_000);

  afterAll(async () => {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  test('the tutorial gets a token, calls an API with it, and leaves nothing behind', async () => {
    const commands = blocksOf('README.md', 'sh');
    const script = commands.join('\n').replaceAll('localhost:3000', `localhost:${port}`);
    const options = { cwd: root, env: env() };
    const { stdout } = await execute('sh', ['-ec', script], options);
    expect(commands).toHaveLength(3);
    expect(stdout).toContain(`"issuer":"http://localhost:${port}/demo"`);
    expect(stdout).toContain('"courses":[{"title":');
    expect(stdout).toMatch(/^name +Nightly$/m);
    expect(stdout).toMatch(/nightly .*removed/);
  }, 60_000);

  /** What can be typed as it stands there: nothing is left out in it, and no file is needed. */
  const typed = (page: string) =>
    linesOf(page).filter((line) => /^(select|npm run pgrant --) (?!.*(?:<\w|…|\$\())/.test(line));

  test('what operators and DBAs are told to type does what it is for, page after page', async () => {
    const sql = postgres(findEmbedded(folder)?.url('postgres') ?? '', { max: 1 });
    await sql`create role alice`;
    const typeIn = (command: string) =>
      execute('bash', ['-c', command], { cwd: folder, env: env() });
    let ran = 0;
    for (const line of operators.flatMap(typed)) {
      const command = line
        .replace('npm run pgrant --', `'${process.execPath}' '${program}'`)
        .replaceAll('localhost:3000', `localhost:${port}`)
        .replaceAll('2026-03-01T12:00:00Z', new Date().toISOString());
      await (line.startsWith('select') ? sql.unsafe(command) : typeIn(command));
      ran += 1;
    }
    await sql.end();
    expect(ran).toBeGreaterThan(25);
  }, 180_000);
});
