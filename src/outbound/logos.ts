// Copies of logos, which pages show instead of what is elsewhere: whoever has the server of a logo learns of no visitor.
import pLimit from 'p-limit';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { Patience } from '../patience.ts';
import { readImage } from '../protocol/image.ts';
import type { WorkerServices } from '../services.ts';
import { FetchError, type OutboundFetch, serverFetch } from './guarded-fetch.ts';

const batch = 100;
/** Fetches at once. */
const limit = pLimit(4);
const largest = 64 * 1024;
/** A small file may unpack to more than a browser bears. */
const longestSide = 2048;

type Work = Pick<WorkerServices, 'config' | 'database' | 'log'>;
type Due = { tenant: string; logo_uri: string };

/** Fetches the logos that are due, of all tenants, and forgets those that nobody names any more; gives how many. */
export async function fetchLogos(work: Work, signal?: AbortSignal): Promise<number> {
  const fetch = serverFetch(work.config);
  const patience = new Patience(signal);
  let done = 0;
  while (!patience.over) {
    const due = await callAll(work.database, ops.logo_due, { limit: batch });
    if (due.length === 0) break;
    const logos = due.map(({ tenant_id, logo_uri }) => ({ tenant: tenant_id, logo_uri }));
    await limit.map(logos, (logo) => take(work, fetch, logo, patience));
    done += logos.length;
  }
  return done;
}

async function take(
  { database, log }: Work,
  fetch: OutboundFetch,
  logo: Due,
  patience: Patience,
): Promise<void> {
  if (patience.over) return;
  const { logo_fetch_begin: wanted } = await call(database, ops.logo_fetch_begin, logo);
  // Begun and not ended, it is due again in five minutes.
  if (!wanted || patience.lostWith(logo.tenant)) return;
  try {
    const image = await patience.with(logo.tenant, () => fetchLogo(fetch, logo.logo_uri));
    await call(database, ops.logo_store, { ...logo, ...image, reason: null });
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    const { message: reason } = error;
    log.warn({ ...logo }, `logo not fetched: ${reason}`);
    await call(database, ops.logo_store, { ...logo, media_type: null, image: null, reason });
  }
}

async function fetchLogo(fetch: OutboundFetch, url: string) {
  if (!URL.canParse(url)) throw new FetchError('no URL');
  const headers = { accept: 'image/webp, image/png, image/jpeg, image/gif' };
  const response = await fetch(url, { headers, largest });
  if (response.status !== 200) throw new FetchError(`${url}: status ${response.status}`);
  const image = Buffer.from(await response.arrayBuffer());
  const read = readImage(image);
  if (!read) throw new FetchError(`${url}: no PNG, JPEG, WebP or GIF`);
  if (Math.max(read.width, read.height) > longestSide) {
    throw new FetchError(`${url}: more than ${longestSide} pixels wide or high`);
  }
  return { media_type: read.mediaType, image };
}
