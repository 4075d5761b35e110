import { Chalk } from 'chalk';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { GithubAnnotationsReporter, MarkdownReporter } from '../../src/reports/ci/github.ts';
import { escapeXml, JUnitReporter } from '../../src/reports/ci/junit.ts';
import { ConsoleReporter } from '../../src/reports/console/reporter.ts';
import { embeddableJson, escapeHtml, html } from '../../src/reports/html/markup.ts';
import { HtmlReporter } from '../../src/reports/html/reporter.ts';
import type { RunReport } from '../../src/reports/model/types.ts';
import { withFolder } from '../support/cli.ts';
import { FAILING, recorded } from './runs.ts';

const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      "'",
      '/',
      '!',
      '-',
      ']',
      '`',
      '|',
      '\n',
      '\r',
      '\u001b',
      '\u0000',
      '\u2028',
      '\u202e',
      '\ud800',
      '%',
      ':',
      ',',
      '=',
    ),
  }),
  fc.constantFrom(
    '</script><script>alert(1)</script>',
    '<!--',
    ']]>',
    '::error::x',
    '\u001b]0;title\u0007',
    '=HYPERLINK("x")',
  ),
);

let whole: RunReport;
beforeAll(() =>
  withFolder(async (folder) => {
    whole = await recorded(folder, FAILING);
  }),
);

/** The run with the same text wherever something from outside can stand. */
function poisoned(text: string): RunReport {
  const { manifest } = whole;
  return {
    ...whole,
    warnings: [text],
    failures: [{ reason: text, count: 1 }],
    events: [{ tMs: 1, level: 'error', text }],
    stages: whole.stages.map((stage) => ({ ...stage, name: text })),
    rooms: whole.rooms.map((room) => ({ ...room, name: text, bridges: [text] })),
    participants: whole.participants.map((one) => ({
      ...one,
      participantId: text,
      group: text,
      engine: text,
    })),
    bridges: whole.bridges.map((bridge) => ({ ...bridge, id: text })),
    generators: whole.generators.map((one) => ({ ...one, engine: text })),
    percentiles: whole.percentiles.map((row) => ({ ...row, which: text })),
    manifest: {
      ...manifest,
      scenario: { ...manifest.scenario, name: text, path: text },
      command: ['rtc-bench', text],
      statusReason: text,
      host: { [text]: text },
      versions: { [text]: text },
      target: { kind: text, notOffered: [text] },
      rooms: { r001: text },
      bridges: manifest.bridges.map((bridge) => ({ ...bridge, id: text, software: text })),
      gates: manifest.gates.map((gate) => ({ ...gate, expression: text, note: text })),
      trust: { verdict: 'suspect', reasons: [{ code: text, message: text, value: 1, bound: 2 }] },
    },
  };
}

test('text in HTML is text: no tag, no attribute, no control character comes of it', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const escaped = escapeHtml(text);
      expect(escaped).not.toMatch(/[<>"']/);
      expect(escaped.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      expect(escaped).not.toMatch(/[\u0000-\u0008\u000e-\u001f\u202e]/);
      expect(html`<b title="${text}">${text}</b>`.text.match(/[<>]/g)).toHaveLength(4);
    }),
  );
});

test('JSON in a script element is the same JSON, and cannot end the element', () => {
  fc.assert(
    fc.property(fc.dictionary(nasty, nasty), (value) => {
      const text = embeddableJson(value);
      expect(text).not.toMatch(/[<>\u2028\u2029]/);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('the page has the same elements whatever the names in it are', async () => {
  const reporter = await HtmlReporter.create();
  const shape = (text: string) => reporter.render(poisoned(text)).match(/<[a-z/!][a-z0-9-]*/gi);
  // Stage names take room, so the harmless name is as long as it takes to have none.
  const harmless = shape('x'.repeat(400));
  fc.assert(
    fc.property(nasty, (text) => {
      const tags = shape(`${text}${'x'.repeat(400)}`);
      expect(tags).toEqual(harmless);
    }),
    { numRuns: 30 },
  );
});

test('the terminal gets no control character but line feeds', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const reporter = new ConsoleReporter({ paint: new Chalk({ level: 0 }), files: [text], next: [text] });
      const printed = reporter.render(poisoned(text));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
    { numRuns: 50 },
  );
});

test('JUnit stays XML', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const escaped = escapeXml(text);
      expect(escaped).not.toMatch(/[<>"]/);
      expect(escaped.isWellFormed()).toBe(true);
      const xml = new JUnitReporter().render(poisoned(text));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 cannot hold
      expect(xml).not.toMatch(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/);
      const tags = xml.match(/<\/?[a-z-]+|<\?xml/g) ?? [];
      expect(tags).toHaveLength(
        new JUnitReporter().render(poisoned('x')).match(/<\/?[a-z-]+|<\?xml/g)?.length ?? 0,
      );
    }),
    { numRuns: 50 },
  );
});

test('an annotation is one line, whatever is in it', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const lines = new GithubAnnotationsReporter().render(poisoned(text)).split('\n');
      expect(lines.filter((line) => line !== '').every((line) => /^::(error|warning) /.test(line))).toBe(
        true,
      );
    }),
    { numRuns: 50 },
  );
});

test('Markdown has no HTML of a stranger, and its tables keep their columns', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const markdown = new MarkdownReporter().render(poisoned(text));
      expect(markdown.replaceAll('<code>', '').replaceAll('</code>', '')).not.toMatch(/<[a-z/!]/i);
      const rows = markdown.split('\n').filter((line) => line.startsWith('| ✗'));
      for (const row of rows) expect(row.replaceAll('\\|', '').split('|')).toHaveLength(7);
    }),
    { numRuns: 50 },
  );
});
