import { createHash } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { HtmlReporter } from '../../src/reports/html/reporter.ts';
import type { RunReport } from '../../src/reports/model/types.ts';
import { withFolder } from '../support/cli.ts';
import { FAILING, KILLED, PASSING, recorded } from './runs.ts';

const pages = new Map<string, { report: RunReport; page: string }>();
beforeAll(() =>
  withFolder(async (folder) => {
    const reporter = await HtmlReporter.create();
    for (const [name, options] of Object.entries({ pass: PASSING, fail: FAILING, killed: KILLED })) {
      const report = await recorded(folder, options, name);
      pages.set(name, { report, page: reporter.render(report) });
    }
  }),
);

function page(name: string): string {
  return pages.get(name)?.page ?? '';
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

test('the page asks nothing of anybody', () => {
  const text = page('pass');
  const markup = text.replace(/<script[\s\S]*?<\/script>/g, '');
  expect(markup).not.toMatch(/(?:src|href)=["']?(?!#)[^"'#>]/i);
  expect(text).not.toMatch(
    /url\(|@import|fetch\(|XMLHttpRequest|WebSocket|https?:\/\/(?!www\.w3\.org\/2000\/svg)/,
  );
});

test('its policy allows exactly the style and the script that are in it', () => {
  const text = page('pass');
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(text)?.[1]?.replaceAll('&#39;', "'") ?? '';
  const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? '';
  const script = /<script>([\s\S]*?)<\/script>/.exec(text)?.[1] ?? '';
  expect(script.length).toBeGreaterThan(1000);
  expect(policy).toBe(
    `default-src 'none'; style-src '${sha256(style)}'; script-src '${sha256(script)}'; base-uri 'none'; form-action 'none'`,
  );
  // What the policy would block must not be there: styles in attributes, handlers in attributes.
  expect(text.replace(script, '')).not.toMatch(/\sstyle=|\son[a-z]+=/);
});

test('without script every answer is there', () => {
  const text = page('fail').replace(/<script[\s\S]*?<\/script>/g, '');
  for (const words of [
    'FAIL',
    'max(bridge.stress) &lt; 0.8',
    'Stress of each bridge',
    'In, from participants',
    'Out, to participants',
    'Between bridges',
    'CPU of the media process',
    'Participants in rooms',
    'Round-trip time',
    'Loss after repair',
    'Jitter',
    'Video frames',
    'died at',
    'the event loop of synthetic was held up for 42 ms',
    'rtc-bench run scenarios/two-rooms.yaml --seed 7',
    'mediasoup',
    'bench-1',
  ])
    expect(text, words).toContain(words);
  expect(text.match(/<path class="s-/g)?.length).toBeGreaterThan(30);
});

test('every chart has its title, its unit, a legend and a description', () => {
  const figures = page('pass').match(/<figure[\s\S]*?<\/figure>/g) ?? [];
  expect(figures.length).toBeGreaterThanOrEqual(13);
  for (const figure of figures) {
    expect(figure).toMatch(/<figcaption><b>[^<]+<\/b> <span class="axis">[^<]+<\/span>/);
    expect(figure).toMatch(/role="img" aria-label="[^"]{20,}"/);
    expect(figure).toMatch(/<ul class="legend"><li>/);
  }
});

test('a bridge that died is marked in every chart', () => {
  const figures = page('fail').match(/<figure[\s\S]*?<\/figure>/g) ?? [];
  for (const figure of figures)
    expect(figure).toMatch(/<rect class="moment" x="60%"[^>]*><title>bridge-3 died/);
  expect(page('pass')).not.toContain('class="moment"');
});

test('the manifest is in the page as it is in the folder', () => {
  const { report } = pages.get('pass') ?? {};
  const text =
    /<script type="application\/json" id="manifest">([\s\S]*?)<\/script>/.exec(page('pass'))?.[1] ?? '';
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(report?.manifest)));
});

test('a killed run has its page, which says so first', () => {
  expect(page('killed')).toContain('INCONCLUSIVE');
  expect(page('killed')).toContain('its last record is at 72.0 s');
  expect(page('killed')).toContain('Stress of each bridge');
});

test('the same folder always makes the same page', async () => {
  const { report } = pages.get('fail') ?? {};
  if (report === undefined) throw new Error('no run');
  expect((await HtmlReporter.create()).render(report)).toBe(page('fail'));
});

test('a page without a script is complete and runs none', () => {
  const { report } = pages.get('pass') ?? {};
  if (report === undefined) throw new Error('no run');
  const text = new HtmlReporter(null).render(report);
  expect(text).toContain('script-src &#39;none&#39;');
  expect(text).not.toContain('<script>');
});
