/** What a query answers: its room while it loads, its error, and then what it is shown as. */
import type { ComponentChildren } from 'preact';
import type { Query } from '../use-query.ts';
import { ErrorNotice } from './error-notice.tsx';
import { Loading } from './loading.tsx';

export function Loaded<T>(props: {
  readonly query: Query<T>;
  readonly children: (data: T) => ComponentChildren;
  /** Lines that the answer will take, about. */
  readonly lines?: number;
}) {
  const { query, children, lines = 3 } = props;
  return (
    <>
      {query.error !== undefined && <ErrorNotice error={query.error} retry={query.reload} />}
      {query.data === undefined
        ? query.error === undefined && <Loading lines={lines} />
        : children(query.data)}
    </>
  );
}
