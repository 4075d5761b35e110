import { type Content, html, type Markup } from './markup.ts';

export interface Section {
  id: string;
  title: string;
  /** One or two sentences for a reader who does not know the subject. */
  about: Content;
  body: Content;
}

export function renderSection({ id, title, about, body }: Section): Markup {
  return html`<section id="${id}"><div class="side"><div><h2>${title}</h2><p>${about}</p></div></div><div>${body}</div></section>
`;
}
