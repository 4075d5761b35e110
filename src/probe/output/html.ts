import type { ReportSection } from './report-section.ts';
import { escapeXml } from './svg.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}' +
  'th{text-align:left;font-weight:400;padding-right:2rem}td{font-variant-numeric:tabular-nums}svg{width:100%;height:auto}';

/** One page that opens offline: figures, charts, warnings. No script, nothing loaded. */
export function sectionPage({ title, figures, charts, warnings }: ReportSection, createdAt: string): string {
  const rows = figures.map(
    ([name, value]) => `<tr><th>${escapeXml(name)}</th><td>${escapeXml(value)}</td></tr>`,
  );
  const notes = warnings.map((warning) => `<li>${escapeXml(warning)}</li>`);
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeXml(title)}</title><style>${STYLE}</style></head>`,
    `<body><h1>${escapeXml(title)}</h1><p>${escapeXml(createdAt)}</p>`,
    `<table>${rows.join('')}</table>`,
    ...charts,
    ...(notes.length === 0 ? [] : [`<ul>${notes.join('')}</ul>`]),
    '</body></html>',
    '',
  ].join('\n');
}
