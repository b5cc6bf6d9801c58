/** Takes a message apart that comes in pieces, in one look or two. Runs in a thread of its own, since strangers choose what it costs. */
import { createMimeScanner } from '../message/mime-structure.ts';
import { type Collected, createCollector, isPicture } from './collect.ts';
import { inertHtml, type Picture } from './inert-html.ts';
import { type Leaf, leavesOf } from './leaves.ts';
import { MIME_LIMITS } from './limits.ts';
import type { Dissection, Reply, Wanted } from './protocol.ts';
import { readText } from './read-text.ts';

export interface Dissecting {
  push(piece: Buffer): void;
  /** The message is over: the answer, or that it is wanted once more. */
  end(): Promise<Reply>;
}

export function createDissecting(wanted: Wanted): Dissecting {
  const scanner = createMimeScanner(MIME_LIMITS);
  let look: Dissecting = {
    push: (piece) => scanner.push(piece),
    async end() {
      const { root, complete } = scanner.endPartial();
      const leaves = root === undefined ? [] : leavesOf(root);
      const known = knownFrom(leaves, !complete);
      if (wanted === 'leaves') return { kind: 'done', dissection: known };
      look = secondLook(wanted, leaves, known);
      return { kind: 'again', known };
    },
  };
  return { push: (piece) => look.push(piece), end: () => look.end() };
}

function knownFrom(leaves: readonly Leaf[], incomplete: boolean): Dissection {
  const files = leaves
    .filter(({ use }) => use === 'file')
    .map((leaf) => ({ ...leaf, size: leaf.end - leaf.start }));
  return { files, hasHtml: leaves.some(({ use }) => use === 'html'), incomplete };
}

function secondLook(wanted: Wanted, leaves: readonly Leaf[], known: Dissection): Dissecting {
  const shown = wanted === 'html' ? leaves.filter((leaf) => leaf.use === 'html' || isPicture(leaf)) : leaves;
  const collector = createCollector(shown);
  return {
    push: (piece) => collector.push(piece),
    async end() {
      const collected = collector.end();
      const dissection =
        wanted === 'html' ? await pageOf(collected, known) : await contentOf(collected, known);
      return { kind: 'done', dissection };
    },
  };
}

async function contentOf(collected: readonly Collected[], known: Dissection): Promise<Dissection> {
  const files = collected
    .filter(({ leaf }) => leaf.use === 'file')
    .map(({ leaf, size }) => ({ ...leaf, size }));
  const texts = collected.filter(({ leaf }) => leaf.use === 'text');
  const chosen = texts.length > 0 ? texts : collected.filter(({ leaf }) => leaf.use === 'html');
  const pieces: string[] = [];
  let incomplete = known.incomplete || chosen.some(({ cut }) => cut);
  for (const { leaf, content } of chosen) {
    const read = await readText(leaf, content, leaf.use === 'html');
    pieces.push(read.text);
    incomplete ||= read.incomplete;
  }
  const text = readable(pieces.filter((piece) => piece !== '').join('\n\n'));
  return { files, hasHtml: known.hasHtml, incomplete, ...(chosen.length === 0 ? {} : { text }) };
}

async function pageOf(collected: readonly Collected[], known: Dissection): Promise<Dissection> {
  const pictures = new Map<string, Picture>();
  const pieces: string[] = [];
  let incomplete = known.incomplete;
  for (const { leaf, content, cut } of collected) {
    if (leaf.use === 'html') {
      pieces.push((await readText(leaf, content, false)).html);
      incomplete ||= cut;
    } else if (!cut && leaf.contentId !== undefined && !pictures.has(leaf.contentId)) {
      pictures.set(leaf.contentId, { contentType: leaf.contentType, content });
    }
  }
  return { ...known, incomplete, page: inertHtml(pieces.join('\n<hr>\n'), pictures) };
}

/** Control characters but for the tab and the end of a line. */
const UNSEEN = /[^\P{Cc}\t\n]/gu;

/** Lines and tabs stay; other control characters would be seen as nothing, or not at all. */
function readable(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(UNSEEN, ' ').toWellFormed();
}
