// Runs one driver: `node drive.mjs driver.mjs '<world>'` prints what each step came to as JSON.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , file, json] = process.argv;
const world = JSON.parse(json);
const steps = {};

/** A step that may fail without the others. */
async function step(name, work) {
  try {
    const value = await work();
    steps[name] = 'ok';
    return value;
  } catch (error) {
    const { error: code, error_description: words } =
      error?.data?.payload ?? error?.body ?? error ?? {};
    steps[name] = [error?.message, code, words, error?.cause?.message]
      .filter((one) => typeof one === 'string')
      .join(': ');
    return undefined;
  }
}

/** Has ada sign in and allow at an authorization URL; gives the URL that the browser was sent to. */
async function signIn(url) {
  const response = await fetch(world.browser, { method: 'POST', body: String(url) });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return new URL(text);
}

/** Serves a web application at the redirect URI, and takes a browser through its sign-in; gives the last answer. */
async function application(listener, start = '/login') {
  const server = createServer(listener).listen(world.port, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${world.port}`;
  const cookies = new Map();
  const ask = async (url) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { headers: { cookie }, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    return answer;
  };
  try {
    let answer = await ask(origin + start);
    for (let hops = 0; hops < 10 && answer.headers.has('location'); hops += 1) {
      const to = new URL(answer.headers.get('location'), origin);
      answer = await ask(to.origin === origin ? to : await signIn(to));
    }
    return { status: answer.status, text: await answer.text(), ask };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function must(truth, what) {
  if (!truth) throw new Error(what);
  return truth;
}

const driver = await import(new URL(file, import.meta.url));
await driver.default({ ...world, step, signIn, application, must });
const folder = new URL(`node_modules/${driver.installed}/package.json`, import.meta.url);
const { version } = JSON.parse(readFileSync(folder, 'utf8'));
process.stdout.write(`\n${JSON.stringify({ version, steps })}\n`);
process.exit(0);
