export interface LineOfPage {
  tMs: number[];
  values: (number | null)[];
}

const TIME_UNIT_MS = 100;

/** The other end of `chart/encode.ts`: lines in the order of `steps`, from base64 of a deflated stream. */
export async function decodeLines(base64: string, steps: readonly number[]): Promise<LineOfPage[]> {
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let at = 0;
  const next = () => {
    let value = 0;
    let weight = 1;
    for (;;) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte % 128) * weight;
      if (byte < 128) return value;
      weight *= 128;
    }
  };
  return steps.map((step) => {
    const count = next();
    const line: LineOfPage = { tMs: [], values: [] };
    let time = 0;
    for (let i = 0; i < count; i += 1) {
      time += next();
      line.tMs.push(time * TIME_UNIT_MS);
    }
    let before = 0;
    for (let i = 0; i < count; i += 1) {
      const code = next();
      if (code === 0) {
        line.values.push(null);
        continue;
      }
      const zigzag = code - 1;
      before += zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2;
      line.values.push(before * step);
    }
    return line;
  });
}
