/** The description of the API. It tells nothing that the published source does not tell, so anybody may read it. */
import { describeApi } from '../openapi.ts';
import { nothing, type Route, route } from '../route.ts';

/** `table`: every route there is, this one included; asked once, when somebody first reads it. */
export function openapiRoutes(table: () => readonly Route[], version: string): readonly Route[] {
  let text: string | undefined;
  return [
    route({
      method: 'get',
      path: '/api/v1/openapi.json',
      access: 'public',
      summary: 'This description of the API, as OpenAPI 3.1.',
      params: nothing,
      query: nothing,
      body: nothing,
      api: { mediaType: 'application/json' },
      handle() {
        text ??= JSON.stringify(describeApi(table(), version));
        return { headers: { 'Content-Type': 'application/json; charset=utf-8' }, text };
      },
    }),
  ];
}
