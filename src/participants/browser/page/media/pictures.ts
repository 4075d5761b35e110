/** Side of the tile of noise that gives the encoder something to do, in pixels. */
const TILE_PIXELS = 128;

/** A moving picture with a time stamp: gradient, a drifting grain, a ball that bounces. */
export function cameraPicture(context: CanvasRenderingContext2D): (frame: number) => void {
  const { width, height } = context.canvas;
  const grain = context.createPattern(noiseTile(), 'repeat');
  const radius = height / 8;
  return (frame) => {
    context.fillStyle = `hsl(${(frame * 2) % 360} 40% 35%)`;
    context.fillRect(0, 0, width, height);
    if (grain !== null) {
      grain.setTransform(new DOMMatrix().translate((frame * 3) % TILE_PIXELS, (frame * 2) % TILE_PIXELS));
      context.globalAlpha = 0.25;
      context.fillStyle = grain;
      context.fillRect(0, 0, width, height);
      context.globalAlpha = 1;
    }
    context.fillStyle = '#ffc400';
    context.beginPath();
    context.arc(bounce(frame * 5, radius, width), bounce(frame * 3, radius, height), radius, 0, 2 * Math.PI);
    context.fill();
    stamp(context, frame);
  };
}

/** A slide that stays still but for a cursor, and is replaced by another every `peakIntervalS`. */
export function screenPicture(
  framesPerSecond: number,
  peakIntervalS: number,
): (context: CanvasRenderingContext2D) => (frame: number) => void {
  const framesPerSlide = Math.max(1, Math.round(framesPerSecond * peakIntervalS));
  return (context) => {
    let slide = -1;
    return (frame) => {
      const current = Math.floor(frame / framesPerSlide);
      if (current !== slide) {
        slide = current;
        drawSlide(context, slide);
      }
      const line = context.canvas.height / 20;
      context.fillStyle = frame % 2 === 0 ? '#222' : '#fff';
      context.fillRect(line, context.canvas.height - 2 * line, line / 4, line);
    };
  };
}

function drawSlide(context: CanvasRenderingContext2D, slide: number): void {
  const { width, height } = context.canvas;
  const line = height / 20;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#222';
  context.font = `${line * 0.8}px monospace`;
  for (let row = 1; row < 17; row++) {
    const words = Array.from({ length: 9 }, (_, i) =>
      ((slide + 1) * (row * 7919 + i * 104_729)).toString(36),
    );
    context.fillText(words.join(' '), line, row * line, width - 2 * line);
  }
  context.drawImage(noiseTile(), width - TILE_PIXELS * 2, height - TILE_PIXELS * 2, TILE_PIXELS, TILE_PIXELS);
}

function stamp(context: CanvasRenderingContext2D, frame: number): void {
  const size = Math.max(12, context.canvas.height / 15);
  context.font = `${size}px monospace`;
  context.fillStyle = '#fff';
  context.fillText(`${new Date().toISOString()} #${frame}`, size, size * 1.5);
}

function bounce(distance: number, margin: number, length: number): number {
  const span = length - 2 * margin;
  const position = distance % (2 * span);
  return margin + (position < span ? position : 2 * span - position);
}

function noiseTile(): HTMLCanvasElement {
  const tile = document.createElement('canvas');
  tile.width = TILE_PIXELS;
  tile.height = TILE_PIXELS;
  const context = tile.getContext('2d');
  if (context === null) throw new Error('the browser offers no 2d canvas');
  const image = context.createImageData(TILE_PIXELS, TILE_PIXELS);
  for (let i = 0; i < image.data.length; i += 4) {
    image.data.fill(Math.random() * 256, i, i + 3);
    image.data[i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return tile;
}
