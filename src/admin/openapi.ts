/**
 * The description of the API (OpenAPI 3.1), made from the table of routes: what is checked and what is described are the same schemas,
 * so neither can be wrong alone. The same table gives the same document, byte for byte.
 */
import type { z } from 'zod';
import { settingsJsonSchema } from '../settings/json-schema.ts';
import { errorSchema } from './contract.ts';
import { settingsDocumentSchema } from './contract-settings.ts';
import { ERROR_CODES } from './errors.ts';
import { namedSchemas } from './named-schemas.ts';
import { ANSWERS, refusalsOf, SECURITY_SCHEMES, securityOf } from './openapi-access.ts';
import { operationName, pathTemplate, tagOf, usedTags } from './openapi-names.ts';
import { createSchemaBook, isObject, type JsonSchema, type SchemaBook } from './openapi-schemas.ts';
import type { Route } from './route.ts';

/** The document as JSON, without the files of the page. `version`: of Postern. */
export function describeApi(routes: readonly Route[], version: string): JsonSchema {
  const book = createSchemaBook(namedSchemas());
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const described = routes.filter(({ api }) => api.ofThePage !== true);
  for (const route of described) {
    const path = pathTemplate(route.path);
    // The first route that matches answers.
    (paths[path] ??= {})[route.method] ??= operation(route, book);
  }
  const error = book.schema(errorSchema, 'output');
  const responses = Object.fromEntries(
    Object.entries(ANSWERS).map(([status, description]) => [`Error${status}`, refusal(description, error)]),
  );
  const { made, components } = book.finish({ paths, responses });
  return {
    openapi: '3.1.1',
    info: {
      title: 'Postern',
      version,
      summary: 'A self-hosted SMTP relay.',
      description:
        'Times are milliseconds since 1970, sizes are bytes. Every error has the form of the schema Error. Lists go on with the value of `next` as `before`.',
    },
    servers: [{ url: '/' }],
    tags: usedTags(described),
    paths: made['paths'],
    components: {
      schemas: { ...components, ...documentSchema(components), ...errorCodes(components) },
      responses: made['responses'],
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function operation(route: Route, book: SchemaBook): JsonSchema {
  const { access, api, request, summary } = route;
  const parameters = [
    ...parametersOf('path', book.opened(request.params, 'input')),
    ...parametersOf('query', book.opened(request.query, 'input')),
    ...(api.ifMatch === true ? [IF_MATCH] : []),
  ];
  const body = bodyOf(route, book);
  return {
    operationId: operationName(route),
    summary,
    tags: [tagOf(route.path)],
    'x-permission': access,
    security: securityOf(access),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined ? {} : { requestBody: body }),
    responses: {
      ...Object.fromEntries(
        (api.statuses ?? [200]).map((status) => [String(status), goodAnswer(route, status, book)]),
      ),
      ...Object.fromEntries(
        refusalsOf(route, body !== undefined).map((status) => [
          String(status),
          { $ref: `#/components/responses/Error${status}` },
        ]),
      ),
      default: { $ref: '#/components/responses/Errordefault' },
    },
  };
}

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description: 'The ETag of what was changed, so that nobody else’s change is lost; or * to overwrite.',
  schema: { type: 'string', examples: ['"7"'] },
};

/** Each property of the schema; a schema with other properties than the named ones gives one parameter for all of them. */
function parametersOf(place: 'path' | 'query', schema: JsonSchema): readonly JsonSchema[] {
  const { properties, required, additionalProperties, not } = schema;
  if (not !== undefined) return [];
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  const listed = isObject(properties) ? Object.entries(properties) : [];
  const named = listed.map(([name, inner]) => ({
    name,
    in: place,
    required: place === 'path' || needed.includes(name),
    schema: manyOf(inner),
  }));
  if (listed.length > 0 || additionalProperties === false || place === 'path') return named;
  return [{ name: 'parameters', in: 'query', style: 'form', explode: true, schema: { type: 'object' } }];
}

/** A parameter that may be given more than once is a list, also when it is given once. */
function manyOf(schema: unknown): unknown {
  if (!isObject(schema) || !Array.isArray(schema['anyOf'])) return schema;
  return schema['anyOf'].find((form) => isObject(form) && form['type'] === 'array') ?? schema;
}

function bodyOf({ method, request }: Route, book: SchemaBook): JsonSchema | undefined {
  if (method === 'get') return undefined;
  const schema = book.schema(request.body, 'input');
  const takesNothing = isObject(schema['properties']) && Object.keys(schema['properties']).length === 0;
  if (takesNothing && schema['additionalProperties'] === false) return undefined;
  return {
    required: !request.body.safeParse(undefined).success,
    content: { 'application/json': { schema } },
  };
}

function goodAnswer({ answer, api, summary }: Route, status: number, book: SchemaBook): JsonSchema {
  const headers = {
    ...(api.etag === true ? { ETag: { required: true, schema: { type: 'string' } } } : {}),
    ...(status === 302 ? { Location: { required: true, schema: { type: 'string', format: 'uri' } } } : {}),
  };
  const content = status === 204 || status === 302 ? undefined : contentOf(answer, api, book);
  return {
    description: status === 204 ? 'Done.' : summary,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(content === undefined ? {} : { content }),
  };
}

function contentOf(answer: z.ZodType | undefined, api: Route['api'], book: SchemaBook): JsonSchema {
  const { mediaType, item } = api;
  if (mediaType === undefined) {
    return { 'application/json': answer === undefined ? {} : { schema: book.schema(answer, 'output') } };
  }
  if (item === undefined) {
    return { [mediaType]: { schema: { type: mediaType === 'application/json' ? 'object' : 'string' } } };
  }
  // 3.1 has no words for the parts of a stream; 3.2 calls this itemSchema.
  const part = book.schema(item, 'output');
  return {
    [mediaType]: { schema: { type: 'string', description: 'One after the other.' }, 'x-itemSchema': part },
  };
}

function refusal(description: string, schema: JsonSchema): JsonSchema {
  return { description, content: { 'application/json': { schema } } };
}

/** The whole settings document as it is typed, which the contract leaves to the room of the settings. */
function documentSchema(
  components: Readonly<Record<string, JsonSchema>>,
): Readonly<Record<string, JsonSchema>> {
  const name = namedSchemas().get(settingsDocumentSchema) ?? '';
  if (components[name] === undefined) return {};
  const { $schema: _dialect, ...schema } = settingsJsonSchema();
  return { [name]: schema };
}

function errorCodes(components: Readonly<Record<string, JsonSchema>>): Readonly<Record<string, JsonSchema>> {
  const error = components['Error'];
  const properties = error?.['properties'];
  if (!isObject(properties)) return {};
  const description = `One of ${ERROR_CODES.join(', ')}; a later version may have more.`;
  return { Error: { ...error, properties: { ...properties, code: { type: 'string', description } } } };
}
