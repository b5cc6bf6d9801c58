import { isNode, LineCounter, parseDocument as parseYaml } from 'yaml';
import { errorText, type Fault } from '../shared/errors.ts';
import { faultAt } from './faults.ts';
import type { Json } from './json.ts';
import { toJson } from './to-json.ts';

/** The largest settings file, in bytes. */
export const MAX_DOCUMENT_SIZE = 1024 * 1024;
/** How often aliases may repeat what their anchors hold; stops a few lines that unfold into gigabytes. */
const MAX_ALIASES = 100;
const MAX_FAULTS = 100;

export interface ParsedDocument {
  readonly value: Json;
  readonly faults: readonly Fault[];
  /** Adds line and column to a fault, where the text has its path or something that holds it. */
  readonly locate: (fault: Fault) => Fault;
}

/** Reads YAML 1.2, of which JSON is a part. Never throws: whatever is wrong with the text is a fault with its line and column. */
export function parseDocument(text: string): ParsedDocument {
  if (Buffer.byteLength(text) > MAX_DOCUMENT_SIZE) {
    return unlocated(`is larger than ${MAX_DOCUMENT_SIZE / 1024} KiB; name the settings file`);
  }
  if (text.replace(/^\uFEFF/, '').trim() === '') {
    return unlocated('is empty; write at least {}');
  }
  try {
    return readYaml(text);
  } catch (error) {
    // The reader is recursive: a text of nothing but brackets ends its stack.
    if (error instanceof RangeError) return unlocated('is nested too deeply; stay below 32 levels');
    return unlocated(`cannot be read (${errorText(error).slice(0, 200)}); write YAML or JSON`);
  }
}

function unlocated(message: string): ParsedDocument {
  return { value: null, faults: [faultAt([], message)], locate: (fault) => fault };
}

function readYaml(text: string): ParsedDocument {
  const lines = new LineCounter();
  const document = parseYaml(text, {
    lineCounter: lines,
    prettyErrors: false,
    strict: true,
    uniqueKeys: true,
  });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const problems = [...document.errors, ...document.warnings].slice(0, MAX_FAULTS);
  if (problems.length > 0) {
    return {
      value: null,
      faults: problems.map(({ message, pos }) => ({
        ...faultAt([], `is not YAML: ${message.replaceAll(/\s+/g, ' ').slice(0, 200)}`),
        ...place(pos[0]),
      })),
      locate: (fault) => fault,
    };
  }
  const unfolded = unfold(document);
  const { value, faults } = toJson(unfolded.value);
  const located = new Map<string, number>();
  return {
    value,
    faults: unfolded.fault === undefined ? faults : [unfolded.fault],
    locate(fault) {
      for (const steps = stepsOf(fault.path); ; steps.pop()) {
        const key = JSON.stringify(steps);
        const offset = located.get(key) ?? offsetAt(document, steps);
        if (offset !== undefined) {
          located.set(key, offset);
          return { ...fault, ...place(offset) };
        }
        if (steps.length === 0) return fault;
      }
    },
  };
}

function unfold(document: ReturnType<typeof parseYaml>): { readonly value: unknown; readonly fault?: Fault } {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { value };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { value: null, fault: faultAt([], `uses too many aliases; write out what they repeat`) };
  }
}

function offsetAt(
  document: ReturnType<typeof parseYaml>,
  steps: readonly (string | number)[],
): number | undefined {
  const node: unknown = steps.length === 0 ? document.contents : document.getIn(steps, true);
  return isNode(node) ? node.range?.[0] : undefined;
}

/** `upstreams[0].port` → `['upstreams', 0, 'port']`, as faults write paths. */
function stepsOf(path: string): (string | number)[] {
  return Array.from(path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g), (match) => {
    if (match[1] !== undefined) return Number(match[1]);
    if (match[2] !== undefined) return String(JSON.parse(match[2]));
    return match[3] ?? '';
  });
}
