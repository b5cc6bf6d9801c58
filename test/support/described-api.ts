/** The API as its own description tells it: operations, their parameters, bodies and answers, with validators. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { isObject, type JsonSchema } from '../../src/admin/openapi-schemas.ts';

export interface DescribedParameter {
  readonly name: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
  readonly valid: ValidateFunction;
}

export interface DescribedOperation {
  readonly method: string;
  /** With `{name}` for what is put in. */
  readonly path: string;
  readonly segments: readonly DescribedParameter[];
  readonly query: readonly DescribedParameter[];
  readonly ifMatch: boolean;
  readonly access: string;
  readonly body?: {
    readonly schema: JsonSchema;
    readonly required: boolean;
    readonly valid: ValidateFunction;
  };
  /** Why an answer is not as described; empty where it is. */
  faultsOf(answer: Response, text: string): readonly string[];
}

export interface DescribedApi {
  readonly operations: readonly DescribedOperation[];
  /** The schema itself, behind any references. */
  resolve(schema: unknown): JsonSchema;
}

/** Throws where the document is no description, or one of its schemas cannot be compiled. */
export function describedApi(document: unknown): DescribedApi {
  const root = part(document);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'postern', ...root });

  const resolve = (schema: unknown): JsonSchema => {
    const { $ref, ...rest } = part(schema);
    if (typeof $ref !== 'string') return rest;
    return { ...resolve(part(root, ...$ref.replace('#/', '').split('/'))), ...rest };
  };
  const compile = (schema: JsonSchema): ValidateFunction => {
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"postern#/components/');
    const copy: unknown = JSON.parse(text);
    return ajv.compile(part(copy));
  };

  function parameters(operation: JsonSchema, place: string): readonly DescribedParameter[] {
    return listOf(operation['parameters'])
      .filter((one) => one['in'] === place && one['name'] !== 'parameters')
      .map((one) => ({
        name: String(one['name']),
        required: one['required'] === true,
        schema: resolve(one['schema']),
        valid: compile(part(one['schema'])),
      }));
  }

  function answersOf(operation: JsonSchema) {
    const compiled = new Map<string, ValidateFunction>();
    return (answer: Response, text: string): readonly string[] => {
      const responses = part(operation, 'responses');
      const status = responses[String(answer.status)] === undefined ? 'default' : String(answer.status);
      if (status === 'default' && answer.ok) return [`status ${answer.status} is not described`];
      const described = resolve(responses[status]);
      const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
      const content = part(described, 'content');
      if (Object.keys(content).length === 0) return text === '' ? [] : ['there is a body'];
      if (content[type] === undefined) return [`type ${type} of ${answer.status} is not described`];
      const missing = Object.keys(part(described, 'headers')).filter((name) => !answer.headers.has(name));
      if (missing.length > 0) return missing.map((name) => `the header ${name} is missing`);
      const { schema } = part(content, type);
      if (type !== 'application/json' || schema === undefined) return [];
      const valid = compiled.get(status) ?? compile(part(schema));
      compiled.set(status, valid);
      const value: unknown = JSON.parse(text);
      return valid(value)
        ? []
        : [`${answer.status}: ${ajv.errorsText(valid.errors)} in ${text.slice(0, 300)}`];
    };
  }

  const operations = Object.entries(part(root, 'paths')).flatMap(([path, methods]) =>
    Object.entries(part(methods)).map(([method, one]) => {
      const operation = part(one);
      const schema = part(operation, 'requestBody', 'content', 'application/json', 'schema');
      const body =
        Object.keys(part(operation, 'requestBody')).length === 0
          ? undefined
          : {
              schema: resolve(schema),
              required: part(operation, 'requestBody')['required'] === true,
              valid: compile(schema),
            };
      return {
        method: method.toUpperCase(),
        path,
        segments: parameters(operation, 'path'),
        query: parameters(operation, 'query'),
        ifMatch: listOf(operation['parameters']).some(({ name }) => name === 'If-Match'),
        access: String(operation['x-permission']),
        ...(body === undefined ? {} : { body }),
        faultsOf: answersOf(operation),
      };
    }),
  );
  return { operations, resolve };
}

function part(document: unknown, ...keys: readonly string[]): JsonSchema {
  let value = document;
  for (const key of keys) value = isObject(value) ? value[key] : undefined;
  return isObject(value) ? value : {};
}

function listOf(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
