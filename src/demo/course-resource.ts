// The demonstration's protected resource: what an API needs to say to be one (pgrant/resource).
import type { Middleware } from 'koa';
import { type AccessToken, createResource, protect } from '../resource/index.ts';

const courses = [
  { title: 'Row-level security from the ground up', lessons: 12 },
  { title: 'Reading an access token', lessons: 5 },
  { title: 'Consent that people understand', lessons: 7 },
];

/** The resource of the demo tenant: without a resource of its own, the tokens' audience is the issuer. */
export function demoResource(issuer: string) {
  return createResource({ issuer, resource: issuer, scopes: ['courses'] });
}

/** Lets tokens with the scope `courses` pass, and answers them with the courses. */
export function courseResource(issuer: string): Middleware[] {
  return [
    protect(demoResource(issuer), ['courses']),
    (ctx) => {
      const { sub } = ctx.state.token as AccessToken;
      ctx.body = { sub, courses };
    },
  ];
}
