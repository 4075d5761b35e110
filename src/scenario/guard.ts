import type { Problem } from './source-text.ts';

/** Deeper than any scenario, and shallow enough for parsers that recurse. */
const MAX_DEPTH = 40;
/** An indentation that deep would be nesting of that depth. */
const MAX_INDENT = 400;

/**
 * Nesting that only serves to bring a parser down, found before one sees the text: brackets that are opened and not
 * closed, whatever they stand in, dashes upon dashes in one line, and endless indentation. null: none.
 */
export function hostileNesting(text: string): Problem | null {
  let depth = 0;
  let marks = 0;
  let indent = 0;
  let atLineStart = true;
  for (let offset = 0; offset < text.length; offset++) {
    const character = text[offset];
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (character === '\n') [atLineStart, marks, indent] = [true, 0, 0];
    else if (atLineStart && (character === '-' || character === '?')) marks += 1;
    else if (atLineStart && character === ' ') indent += 1;
    else atLineStart = false;
    if (depth > MAX_DEPTH || marks > MAX_DEPTH || indent > MAX_INDENT) {
      return {
        offset,
        length: 1,
        message: `nested deeper than ${MAX_DEPTH} levels`,
        hint: 'a scenario needs six',
      };
    }
  }
  return null;
}
