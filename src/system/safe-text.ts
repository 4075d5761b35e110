/**
 * Makes untrusted text (room names, remote statistics, scenario fields) safe for a terminal: control characters,
 * which start every escape sequence, and the bidirectional overrides become visible `\u{…}` escapes.
 */
export function safeText(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is its purpose
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
