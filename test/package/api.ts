// An API that is protected by an example of the README, in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { type Acme, discover, obtainTokens } from '../support/acme.ts';
import { operate } from '../support/fixtures.ts';
import { example } from '../support/notes.ts';

const running = new Set<ChildProcess>();

afterAll(async () => {
  const ended = [...running].map((child) => once(child, 'exit'));
  for (const child of running) child.kill('SIGTERM');
  await Promise.all(ended);
});

/** Starts a program in the folder; resolves once it has said the word. */
export async function start(
  folder: string,
  program: string,
  words: string[],
  env: NodeJS.ProcessEnv,
  word: string,
) {
  const child = spawn(program, words, { cwd: folder, env });
  running.add(child);
  let said = '';
  await new Promise((resolve, reject) => {
    const hear = (text: Buffer) => {
      said += text;
      if (said.includes(word)) resolve(undefined);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => {
      running.delete(child);
      reject(new Error(`ended with ${code}: ${said}`));
    });
  });
  return child;
}

/** The example of the README that has the word, for this tenant, API and port. */
export function program(acme: Acme, word: string, url: string): string {
  return example(word)
    .replace('https://id.example.com/acme', acme.issuer)
    .replace('https://api.example.com/mcp', url)
    .replace('8080', new URL(url).port);
}

/** The API as anonymous, as ada with the scope, and as ada without it sees it. */
export async function tryOut(acme: Acme, url: string): Promise<void> {
  await operate(acme, ops.resource_set, { resource: url, title: 'Tools' });
  const metadata = `${new URL(url).origin}/.well-known/oauth-protected-resource/mcp`;
  const anonymous = await fetch(url);
  expect(anonymous.status).toBe(401);
  expect(anonymous.headers.get('www-authenticate')).toContain(metadata);
  expect(await (await fetch(metadata)).json()).toMatchObject({ resource: url });

  const config = await discover(acme, acme.web);
  const ask = async (scope: string) => {
    const { access_token, claims } = await obtainTokens(config, { scope, resource: url });
    const answer = await fetch(url, { headers: { authorization: `Bearer ${access_token}` } });
    return { status: answer.status, text: await answer.text(), sub: claims?.sub ?? '' };
  };
  const { text, sub } = await ask('openid tools');
  expect(text).toMatch(new RegExp(`hello.*${sub}`));
  expect((await ask('openid')).status).toBe(403);
}
