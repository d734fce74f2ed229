// A browser without JavaScript: cookies by path, redirects one by one, and the forms that a page shows.

type Cookie = { name: string; value: string; path: string };
export type Page = { status: number; url: string; html: string; headers: Headers };

/** Keeps the cookies of one origin, and never sends one outside its path. */
export class Browser {
  cookies: Cookie[] = [];
  /** Sent with every request. */
  private readonly headers: Record<string, string>;

  constructor(headers: Record<string, string> = {}) {
    this.headers = headers;
  }

  /** One request, redirects not followed. */
  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url);
    const sent = this.cookies.filter(({ path }) => under(target.pathname, path));
    const headers = new Headers({
      accept: 'text/html',
      ...this.headers,
      ...(init.headers as object),
    });
    if (sent.length)
      headers.set('cookie', sent.map(({ name, value }) => `${name}=${value}`).join('; '));
    const response = await fetch(target, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    return response;
  }

  /** Follows redirects until a page, or until one leaves the origin: then its URL is given back. */
  async open(url: string | URL, init: RequestInit = {}): Promise<Page> {
    let target = new URL(url);
    const { origin } = target;
    let response = await this.fetch(target, init);
    for (let hops = 0; hops < 10 && response.headers.has('location'); hops += 1) {
      target = new URL(response.headers.get('location') ?? '', target);
      if (target.origin !== origin || target.pathname.startsWith('/callback')) {
        return { status: response.status, url: target.href, html: '', headers: response.headers };
      }
      response = await this.fetch(target);
    }
    const html = await response.text();
    return { status: response.status, url: target.href, html, headers: response.headers };
  }

  /** Fills in and sends the form of a page: the first, or the first whose action ends so. */
  async submit(page: Page, values: Record<string, string>, to = ''): Promise<Page> {
    const { action, fields } = formOf(page.html, to);
    const body = new URLSearchParams({ ...fields, ...values });
    return this.open(new URL(action, page.url), { method: 'POST', body });
  }

  private keep(line: string): void {
    const [pair = '', ...attributes] = line.split(/; */);
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/';
    const expires = attributes.find((one) => /^expires=/i.test(one))?.slice(8);
    this.cookies = this.cookies.filter((one) => one.name !== name || one.path !== path);
    if (expires && Date.parse(expires) <= Date.now()) return;
    this.cookies.push({ name, value, path });
  }
}

function under(pathname: string, path: string): boolean {
  return path === '/' || pathname === path || pathname.startsWith(`${path}/`);
}

/** The first form of a page whose action ends so: where it goes, and its hidden fields. */
export function formOf(html: string, to = ''): { action: string; fields: Record<string, string> } {
  const forms = html.matchAll(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g);
  const form = [...forms].find(([, action = '']) => action.endsWith(to));
  if (!form) throw new Error(`no form in: ${html.slice(0, 500)}`);
  const inputs = form[2]?.matchAll(/<input([^>]*)>/g) ?? [];
  const fields: Record<string, string> = {};
  for (const [, attributes = ''] of inputs) {
    const name = /name="([^"]*)"/.exec(attributes)?.[1];
    const value = /value="([^"]*)"/.exec(attributes)?.[1] ?? '';
    if (name && /type="hidden"/.test(attributes)) fields[name] = decode(value);
  }
  return { action: decode(form[1] ?? ''), fields };
}

function decode(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
