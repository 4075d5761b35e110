import { createHash } from 'node:crypto';
import { embeddableJson, html, type Markup, raw } from './markup.ts';
import type { Section } from './section.ts';
import { STYLE } from './style.ts';

export interface PageParts {
  title: string;
  /** The name at the left of the bar. */
  brand: string;
  header: Markup;
  sections: readonly { section: Section; markup: Markup }[];
  footer: Markup;
  /** For the script: read as text, never run. */
  json: Record<string, { value: unknown; indent?: number }>;
  /** Name under which the button saves the document that is embedded as `manifest`. Default `manifest.json`. */
  saveAs?: string;
  /** The page's script, or null when it could not be made: the page is complete without. */
  script: string | null;
}

/**
 * One file that needs no other. Its policy allows the one style and the one script that are in it, by their
 * hashes, and nothing from anywhere: what untrusted text might smuggle in would not run.
 */
export function renderDocument(parts: PageParts): string {
  const script = parts.script?.replaceAll('</', '<\\/') ?? null;
  const policy = [
    "default-src 'none'",
    `style-src '${sha256(STYLE)}'`,
    script === null ? "script-src 'none'" : `script-src '${sha256(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const embedded = Object.entries(parts.json).map(
    ([id, { value, indent }]) =>
      html`<script type="application/json" id="${id}">${raw(embeddableJson(value, indent))}</script>
`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${parts.title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<nav aria-label="Sections"><div class="wrap"><span class="brand">${parts.brand}</span><ul>${parts.sections.map(
    ({ section }) => html`<li><a href="#${section.id}">${section.title}</a></li>`,
  )}</ul><button class="tool" id="unzoom" type="button">Whole run</button><button class="tool save" id="save" type="button" data-name="${parts.saveAs ?? 'manifest.json'}">Save JSON</button><button class="tool" id="theme" type="button" aria-label="Switch between light and dark">◐</button></div></nav>
<main class="wrap">
${parts.header}${parts.sections.map(({ markup }) => markup)}</main>
<footer><div class="wrap">${parts.footer}</div></footer>
${embedded}${
  script === null
    ? null
    : html`<script>${raw(script)}</script>
`
}</body>
</html>
`.text;
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
