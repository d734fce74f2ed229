// OpenAPI 3.1: the admin API in words for tools, from the operations that SQL has.
import {
  adminOperations,
  adminPath,
  type Operation,
  ownMembers,
  resultNames,
} from './admin-operation.ts';
import {
  problemSchema,
  recordSchema,
  type Schema,
  schemaOf,
  shownSchemas,
  withShown,
} from './openapi-schemas.ts';
import { memberSchema, settingsOf } from './openapi-settings.ts';

/** The document for one issuer. */
export function adminDocument(issuer: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of adminOperations) {
    const path = paths[operation.path] ?? {};
    path[operation.method.toLowerCase()] = describe(operation);
    paths[operation.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Admin API',
      version: '1',
      description:
        'What an admin of the tenant can do. Access tokens have the role pgrant.admin or pgrant.admin.read among their scopes, and this API as their audience.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: `${issuer.replace(/\/$/, '')}${adminPath}` }],
    security: [{ oauth2: ['pgrant.admin'] }, { oauth2: ['pgrant.admin.read'] }],
    tags: [...new Set(adminOperations.map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        oauth2: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: `${issuer}/oauth/token`,
              scopes: {
                'pgrant.admin': 'See and change everything',
                'pgrant.admin.read': 'See everything',
              },
            },
          },
        },
      },
      schemas: {
        ...shownSchemas,
        problem: problemSchema(),
      },
      responses: {
        problem: {
          description: 'What is wrong (RFC 9457)',
          content: { 'application/problem+json': { schema: refer('problem') } },
        },
      },
    },
  };
}

const refer = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const tagOf = ({ path }: Operation) => path.split('/')[1] ?? '';

function describe(operation: Operation): object {
  const { effect, description } = operation;
  const failed = { $ref: '#/components/responses/problem' };
  const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const others = operation.arguments.filter(({ name }) => !inPath.includes(name));
  const query = operation.method === 'GET' || operation.method === 'DELETE' ? others : [];
  const isWrite = effect !== 'read';
  return {
    operationId: operation.operation,
    tags: [tagOf(operation)],
    summary: description.split(/[.:;]/, 1)[0],
    description,
    parameters: [
      ...inPath.map((name) => parameter('path', name, typeOf(operation, name), true)),
      ...query.map(({ name, type, required }) => parameter('query', name, type, required)),
      ...(isWrite ? [headerOf('Idempotency-Key'), headerOf('If-Match')] : []),
    ],
    ...(isWrite &&
      query.length === 0 &&
      hasBody(operation, inPath) && {
        requestBody: { content: { 'application/json': { schema: bodySchema(operation, inPath) } } },
      }),
    ...(isWrite && { security: [{ oauth2: ['pgrant.admin'] }] }),
    responses: {
      ...answers(operation),
      '400': failed,
      '401': failed,
      '404': failed,
      default: failed,
    },
  };
}

const typeOf = (operation: Operation, name: string) =>
  operation.arguments.find((one) => one.name === name)?.type ?? 'text';

function parameter(place: string, name: string, type: string, required: boolean): object {
  // In a query a list is what spaces part.
  const schema =
    name === 'limit'
      ? { type: 'integer', minimum: 1, maximum: 200, default: 50 }
      : type.endsWith('[]')
        ? { type: 'string' }
        : schemaOf(type);
  return { in: place, name, required, schema };
}

const headerOf = (name: string) => ({ in: 'header', name, schema: { type: 'string' } });

function hasBody(operation: Operation, inPath: string[]): boolean {
  return (
    operation.body !== undefined || operation.arguments.some(({ name }) => !inPath.includes(name))
  );
}

function bodySchema(operation: Operation, inPath: string[]): Schema {
  const members = operation.arguments.filter(
    ({ name }) => !inPath.includes(name) && name !== operation.body,
  );
  const own = ownMembers[operation.operation] ?? [];
  const required = members
    // A client gets a client_id where it has none.
    .filter((one) => one.required && operation.operation + one.name !== 'client_addclient_id')
    .map(({ name }) => name);
  return {
    type: 'object',
    properties: {
      ...settingsOf(operation),
      ...Object.fromEntries(members.map((one) => [one.name, memberSchema(operation, one)])),
      ...Object.fromEntries(own.map((name) => [name, { type: 'string' }])),
    },
    ...(required.length > 0 && { required }),
    additionalProperties: operation.body !== undefined,
  };
}

function answers(operation: Operation): object {
  if (operation.result === 'void') return { '204': { description: 'Done' } };
  const status =
    operation.method === 'POST' && operation.operation.endsWith('_add') ? '201' : '200';
  const headers = {
    ...(operation.page_key !== undefined && {
      Link: { description: 'rel="next": where the list goes on', schema: { type: 'string' } },
    }),
    ...(/_(show|set)$/.test(operation.operation) && { ETag: { schema: { type: 'string' } } }),
  };
  const schema = withShown(operation.operation, answerSchema(operation));
  const content = { 'application/json': { schema } };
  return { [status]: { description: 'Done', headers, content } };
}

function answerSchema(operation: Operation): Schema {
  const { columns, result } = operation;
  if (columns !== undefined) {
    return {
      type: 'object',
      properties: { items: { type: 'array', items: recordSchema(columns) } },
      required: ['items'],
    };
  }
  const name = resultNames[operation.operation];
  if (name !== undefined) {
    const { type, ...rest } = schemaOf(result);
    return {
      type: 'object',
      properties: { [name]: { ...rest, type: [type, 'null'] } },
      required: [name],
    };
  }
  const [subject = ''] = operation.operation.split('_');
  const shown = [operation.operation, subject].find((one) => one in shownSchemas);
  return result === 'jsonb' && shown !== undefined ? refer(shown) : { type: 'object' };
}
