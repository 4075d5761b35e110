/**
 * Cuts a text into its top-level JSON objects. iperf3 puts warnings before its document, a server that ran several
 * tests writes one after the other, and `--json-stream-full` ends its lines with a whole document; a run that
 * was killed leaves the last one open.
 */
export interface JsonDocuments {
  documents: string[];
  /** The text ends inside an object. */
  truncated: boolean;
}

export function splitJsonDocuments(text: string): JsonDocuments {
  const documents: string[] = [];
  let depth = 0;
  let start = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (inString) {
      if (c === '\\') i += 1;
      else if (c === '"') inString = false;
    } else if (c === '"' && depth > 0) inString = true;
    else if (c === '{') {
      if (depth === 0) start = i;
      depth += 1;
    } else if (c === '}' && depth > 0) {
      depth -= 1;
      if (depth === 0) documents.push(text.slice(start, i + 1));
    }
  }
  return { documents, truncated: depth > 0 };
}
