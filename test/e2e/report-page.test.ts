import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumArguments } from '../../src/participants/browser/chromium-arguments.ts';
import { HtmlReporter } from '../../src/reports/html/reporter.ts';
import { requireChromium } from '../../src/setup/find-chromium.ts';
import { createSystem } from '../../src/system/real.ts';
import { FAILING, recorded } from '../reports/runs.ts';

/** The report as a real browser shows it, from a file. */
let folder: string;
let browser: Browser;
let page: Page;
let url: string;
/** Whatever the browser complains of or asks the network for. */
let complaints: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rtcb-page-'));
  const report = await recorded(folder, FAILING);
  const path = join(folder, 'report.html');
  await writeFile(path, (await HtmlReporter.create()).render(report));
  url = pathToFileURL(path).href;
  const system = createSystem();
  const { executablePath, headless, args, env } = await requireChromium(system);
  browser = await puppeteer.launch({
    executablePath,
    headless,
    args: [...chromiumArguments(), ...args],
    env: { ...system.env, ...env },
    pipe: true,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  complaints = [];
  page = await browser.newPage();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (request.url() !== url) complaints.push(request.url());
  });
  await page.setViewport({ width: 1440, height: 900 });
});
afterEach(async () => {
  expect(complaints).toEqual([]);
  await page.close();
});

const text = (selector: string) => page.$eval(selector, (element) => element.textContent ?? '');
const legend = () =>
  page.$$eval('#c-stress output', (outputs) => outputs.map((output) => output.textContent ?? ''));
const background = async () => String(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
const ready = () => page.waitForSelector('#c-stress .cursor');

async function plot(id: string): Promise<{ x: number; y: number; width: number; height: number }> {
  const area = await page.waitForSelector(`#${id} svg.area`);
  await area?.scrollIntoView();
  const box = await area?.boundingBox();
  if (box === null || box === undefined) throw new Error(`${id} is not shown`);
  return box;
}

describe('report.html in a browser', () => {
  for (const width of [390, 768, 1440]) {
    it(`fits ${width} pixels, light and dark`, async () => {
      await page.setViewport({ width, height: 900 });
      const colours = new Set<string>();
      for (const value of ['light', 'dark']) {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
        await page.goto(url);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        colours.add(await background());
      }
      expect(colours.size).toBe(2);
    });
  }

  it('is complete without JavaScript, and shows no buttons that would do nothing', async () => {
    await page.setJavaScriptEnabled(false);
    await page.goto(url);
    expect(await text('.verdict')).toContain('FAIL');
    const box = await (await page.$('#c-stress .lines'))?.boundingBox();
    expect(box?.height).toBeGreaterThan(200);
    expect(await (await page.$('#theme'))?.isVisible()).toBe(false);
    expect((await page.$$('figure.chart')).length).toBeGreaterThan(12);
  });

  it('shows hostile names as what they are', async () => {
    await page.goto(url);
    await ready();
    expect(await text('#rooms')).toContain('<script>alert(1)</script>');
    expect(await page.$$eval('script', (scripts) => scripts.length)).toBe(3);
  });

  it('has one cursor for all charts, whose values the legends tell', async () => {
    await page.goto(url);
    await ready();
    const box = await plot('c-stress');
    const peaks = await legend();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForSelector('#c-rtt.pointed');
    expect(await text('#c-rtt .cursor-time')).toBe('1:00');
    const values = await legend();
    expect(values).not.toEqual(peaks);
    expect(values.every((value) => Number(value) > 0.5)).toBe(true);
    await page.mouse.move(5, 5);
    await page.waitForSelector('#c-rtt:not(.pointed)');
    expect(await legend()).toEqual(peaks);
  });

  it('looks closer where it is dragged over, in every chart, and back', async () => {
    await page.goto(url);
    await ready();
    const box = await plot('c-stress');
    const times = () =>
      page.$$eval('#c-jitter .x text', (labels) => labels.map((label) => label.textContent ?? ''));
    const whole = await times();
    await page.mouse.move(box.x + box.width / 2, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + (box.width * 3) / 4, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.waitForSelector('html.zoomed');
    expect(await times()).toEqual(['1:00', '1:05', '1:10', '1:15', '1:20', '1:25', '1:30']);
    await (await page.$('#unzoom'))?.click();
    await page.waitForSelector('html:not(.zoomed)');
    expect(await times()).toEqual(whole);
  });

  it('can be read with the keyboard', async () => {
    await page.goto(url);
    await ready();
    await page.evaluate("document.querySelector('#c-stress svg.area').focus()");
    for (let i = 0; i < 51; i += 1) await page.keyboard.press('ArrowRight');
    await page.waitForSelector('#c-stress.pointed');
    expect(await text('#c-stress .cursor-time')).toBe('1:01');
  });

  it('sorts a table by its heads, and switches between light and dark', async () => {
    await page.goto(url);
    await ready();
    const joins = () =>
      page.$$eval('#participants table.sortable td:nth-child(5)', (cells) =>
        cells.map((cell) => Number.parseFloat(cell.textContent ?? '')),
      );
    await page.click('#participants table.sortable th:nth-child(5) button');
    const sorted = await joins();
    expect(sorted.length).toBe(24);
    expect(sorted).toEqual(sorted.toSorted((a, b) => b - a));
    const before = await background();
    await page.click('#theme');
    expect(await background()).not.toBe(before);
  });
});
