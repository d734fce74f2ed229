// What `npm start` shows a newcomer: a tenant with a person, and an application that signs people in.

import type { Mount } from '../http/mounts.ts';
import { serveMetadata } from '../resource/index.ts';
import type { Stop, WorkerServices } from '../services.ts';
import { makeAccounts } from './accounts.ts';
import { demoResource } from './course-resource.ts';
import { createDemo } from './demo-client.ts';
import { mountPath } from './paths.ts';

/** Makes the demo tenant and mounts the demonstration client; `lines` go into the banner. */
export async function startDemo(
  services: WorkerServices,
  mounts: Mount[],
): Promise<{ stop: Stop; lines: string[] }> {
  const { publicUrl } = services.config;
  const base = publicUrl + mountPath;
  const { issuer, person, application, machine } = await makeAccounts(services, base);
  const demo = createDemo({ issuer, base, ...application, log: services.log });
  const resource = demoResource(issuer);
  mounts.push({ path: mountPath, middleware: demo });
  mounts.push({ path: resource.metadataPath, middleware: serveMetadata(resource) });
  const curl = [
    `curl -u ${machine.client_id}:${machine.client_secret}`,
    '-d grant_type=client_credentials -d scope=courses',
    `${issuer}/oauth/token`,
  ];
  return {
    stop: async () => void mounts.splice(0),
    lines: [
      `  demonstration client  ${base}/`,
      `  sign in as            ${person.username}, password ${person.password}`,
      `  issuer                ${issuer}`,
      `  metadata              ${issuer}/.well-known/openid-configuration`,
      `  get a token           ${curl.join(' ')}`,
    ],
  };
}
