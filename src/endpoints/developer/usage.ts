// The developer portal: how an application is used, as a chart that needs no script, and what it asked for in vain.
import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { render } from '../../http/render.ts';
import { requireReadable } from '../../protocol/params.ts';
import { person } from '../account/person.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { developerPage, named, pathOf } from './developer.ts';

type Hour = { at: string; granted: number; refused: number };
type Refusal = { error: string };

/** For which errors a page says what helps. */
const helped = [
  'access_denied',
  'invalid_client',
  'invalid_grant',
  'invalid_redirect_uri',
  'invalid_request',
  'invalid_scope',
  'too_many_attempts',
  'unauthorized_client',
];

const days: Record<string, number> = { '1': 24, '7': 168 };

export function showUsage(services: EndpointServices): Endpoint {
  return developerPage(services, async (ctx) => {
    const { days: asked = '1' } = requireReadable(ctx.query, ['days']).values;
    const client_id = named(ctx);
    const row = await call(services.database, api.developer_usage, {
      ...person(ctx),
      client_id,
      hours: days[asked] ?? 24,
    });
    const page = row.page as { hours: Hour[]; refusals: Refusal[] } & Record<string, unknown>;
    const refusals = page.refusals.map((one) => ({
      ...one,
      help: helped.includes(one.error) ? one.error : 'other',
    }));
    const used = page.hours.filter(({ granted, refused }) => granted + refused > 0).toReversed();
    const chart = chartOf(page.hours);
    const shown = { ...row, ...page, refusals, used, chart, to: pathOf(client_id) };
    render(ctx, 'developer_usage', { ...shown, days: asked === '7' ? 7 : 1 });
  });
}

const height = 120;
const step = 4;

/** Bars of granted requests, with those that were refused on top. */
function chartOf(hours: readonly Hour[]) {
  const most = Math.max(1, ...hours.map(({ granted, refused }) => granted + refused));
  const scale = (count: number) => Math.ceil((count / most) * height);
  const bars = hours.map(({ granted, refused }, at) => {
    const [below, above] = [scale(granted), scale(refused)];
    return {
      x: at * step,
      granted: { y: height - below, height: below },
      refused: { y: Math.max(0, height - below - above), height: Math.min(above, height - below) },
    };
  });
  return { bars, most, height, width: hours.length * step, bar: step - 1 };
}
