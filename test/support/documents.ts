// Clients from documents, as the web process has the database take them.
import { api } from '../../src/db/bindings.ts';
import { ask, type Client, makeTenant, redirect_uri, type World } from './fixtures.ts';
import { begin, newBrowser } from './flows.ts';
import { configure } from './self-registered.ts';

export const fern = 'https://fern.example/client.json';
export const client: Client = { client_id: fern, auth_method: 'none', secret_hash: null };

const metadata = {
  name: 'Fern',
  token_endpoint_auth_method: 'none',
  application_type: 'web',
  redirect_uris: [redirect_uri],
  grant_types: ['authorization_code', 'refresh_token'],
};

/** Makes what makes another tenant that takes documents, as the settings say. */
export function makeTaking({ database }: World) {
  let count = 0;
  return async (settings: object = {}): Promise<World> => {
    const tenant = await makeTenant(database, `t-${count++}`);
    await configure(tenant, { client_documents: 'open', ...settings });
    return tenant;
  };
}

/** Has the database take a document, which says what is given and is good otherwise. */
export async function store(at: World, client_url = fern, more: object = {}) {
  const row = await ask(at, api.client_document_store, {
    client_url,
    metadata: { ...metadata, ...more },
    fresh_for: 600,
  });
  return { row };
}

/** What comes next for an authorization request of the client, or the error. */
export async function nextOf(at: World, client_id: string, address?: string) {
  const { row } = await begin(at, newBrowser(), { client_id }, address ? { address } : {});
  return row.error ?? row.next;
}
