/** The beginning of what a held message says. */
import { useEffect, useState } from 'preact/hooks';
import type { MessageContent } from '../../../admin/contract-messages.ts';
import { ApiError, get } from '../../api.ts';
import { shown } from './shown.ts';

const LENGTH = 160;
const MOST_KNOWN = 500;
/** Scrolling past is not looking at it, ms. */
const PAUSE = 150;

const known = new Map<string, string>();
/** One after the other: taking messages apart costs something. */
let last: Promise<unknown> = Promise.resolve();

export function PreviewText({ id }: { readonly id: string }) {
  const [text, setText] = useState(known.get(id) ?? '');
  useEffect(() => {
    if (known.has(id)) return undefined;
    const gone = new AbortController();
    const timer = window.setTimeout(() => {
      last = last.then(() => (gone.signal.aborted ? undefined : read(id, gone.signal).then(setText, ignore)));
    }, PAUSE);
    return () => {
      window.clearTimeout(timer);
      gone.abort();
    };
  }, [id]);
  return <bdi>{text}</bdi>;
}

async function read(id: string, signal: AbortSignal): Promise<string> {
  // New mail is previewed as it comes in, which is nobody's doing.
  const options = { signal, background: true };
  const { text = '' } = await get<MessageContent>(`/api/v1/messages/${id}/content`, options);
  const preview = shown(
    text
      .slice(0, 4 * LENGTH)
      .replace(/\s+/g, ' ')
      .trim(),
  ).slice(0, LENGTH);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(id, preview);
  return preview;
}

/** It is only a preview. */
function ignore(error: unknown): void {
  if (error instanceof ApiError || (error instanceof DOMException && error.name === 'AbortError')) return;
  throw error;
}
