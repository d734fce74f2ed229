// Applications that refresh and redeem without a pause, and hold the server to each of its answers.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchClient } from '../bench/service.ts';
import { authorizePath, basicCredentials, redeemForm, signIn } from '../bench/sign-in.ts';
import type { Rig } from './rig.ts';

/** Milliseconds: a wait for a connection, a call, and what a loaded machine adds. */
const requestDeadline = 25_000;

export type Counts = {
  granted: number;
  unavailable: number;
  /** Requests that were under way when Node was killed. */
  cut: number;
  slowest: number;
};

export type Crowd = {
  counts: Counts;
  /** What no request may do: no answer in time, or a refusal. */
  faults: string[];
  /** Ends them, then asks what was acknowledged again. */
  settle: () => Promise<void>;
};

type Answer = { status: number; body: Record<string, string>; location: string | null };

/** Lets `size` people's applications work until they are settled. */
export async function startCrowd(rig: Rig, size: number): Promise<Crowd> {
  const { service } = rig;
  const counts: Counts = { granted: 0, unavailable: 0, cut: 0, slowest: 0 };
  const faults: string[] = [];
  const spent: string[] = [];
  let running = true;

  const note = (what: string) => void (faults.length < 20 && faults.push(what));
  /** The answer, or undefined where there was none and none was due. */
  const ask = async (path: string, init: RequestInit): Promise<Answer | undefined> => {
    const began = performance.now();
    const wasDown = rig.webIsDown();
    try {
      const signal = AbortSignal.timeout(requestDeadline);
      const response = await fetch(service.origin + path, { ...init, redirect: 'manual', signal });
      const text = await response.text();
      const body = text.startsWith('{') ? JSON.parse(text) : {};
      const answer = { status: response.status, body, location: response.headers.get('location') };
      counts.slowest = Math.max(counts.slowest, performance.now() - began);
      if (answer.status === 503) {
        counts.unavailable += 1;
        if (!response.headers.has('retry-after')) note(`503 without Retry-After: ${path}`);
      }
      return answer;
    } catch (error) {
      if ((error as Error).name === 'TimeoutError') note(`no answer in time: ${path}`);
      else if (wasDown || rig.webIsDown()) counts.cut += 1;
      else note(`${path}: ${(error as Error).cause ?? error}`);
      return undefined;
    }
  };
  const post = (client: BenchClient, form: string) =>
    ask(service.token, {
      method: 'POST',
      headers: {
        authorization: basicCredentials(client),
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: form,
    });

  const lane = async (number: number) => {
    const { cookie, tokens } = await signIn(service, number);
    const held = tokens.opaque;
    const { opaque, jwt } = service.clients;
    const refresh = async () => {
      const form = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: held.refresh_token,
      });
      const answer = await post(opaque, form.toString());
      if (answer?.status === 200) {
        counts.granted += 1;
        held.refresh_token = answer.body.refresh_token ?? '';
      } else if (answer && answer.status !== 503) {
        note(`refresh: ${answer.status} ${answer.body.error}`);
      }
      return answer?.status;
    };
    const redeem = async () => {
      const headers = { cookie: cookie.replace(/^Cookie: |\r\n$/g, '') };
      const asked = await ask(authorizePath(service, jwt, 'api', 'none'), { headers });
      if (!asked?.location?.includes('code=')) {
        if (asked && asked.status !== 503) note(`authorize: ${asked.status} ${asked.location}`);
        return;
      }
      const form = redeemForm(asked.location);
      const answer = await post(jwt, form);
      if (answer?.status === 200) spent.push(form);
      else if (answer && answer.status !== 503) note(`code: ${answer.status} ${answer.body.error}`);
    };
    return { refresh, redeem };
  };
  const lanes = await Promise.all(Array.from({ length: size }, (_, number) => lane(number)));
  const working = lanes.map(async ({ refresh, redeem }) => {
    for (let turn = 0; running; turn += 1) {
      const status = await (turn % 10 === 9 ? redeem() : refresh());
      // As Retry-After asks, only sooner.
      if (turn % 10 !== 9 && status !== 200) await sleep(50);
    }
  });

  /** Repeats what may find the server still coming back. */
  const insist = async (work: () => Promise<number | undefined>): Promise<number | undefined> => {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const status = await work();
      if (status !== undefined && status !== 503) return status;
      await sleep(100);
    }
    return undefined;
  };
  return {
    counts,
    faults,
    settle: async () => {
      running = false;
      await Promise.all(working);
      for (const [number, { refresh }] of lanes.entries()) {
        const status = await insist(refresh);
        if (status !== 200) note(`the refresh token of client ${number} is lost: ${status}`);
      }
      for (const form of spent) {
        const status = await insist(async () => (await post(service.clients.jwt, form))?.status);
        if (status !== 400) note(`a code was good twice: ${status}`);
      }
    },
  };
}
