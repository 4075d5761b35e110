import { type Content, html, type Markup, raw } from './markup.ts';

/** A cell: what it shows, and for numbers what it sorts by. */
export interface Cell {
  show: Content;
  /** The number behind it; null: missing. Makes the cell one of numbers. */
  value?: number | null;
  className?: string;
}

export interface Column {
  head: string;
  /** Numbers stand right. */
  number?: boolean;
}

/** A table that scrolls sideways by itself on a narrow screen, and sorts where there is a script. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (Cell | string)[])[],
  className = 'sortable',
): Markup {
  return html`<div class="scroll"><table class="${className}"><thead><tr>${columns.map(
    (column) => html`<th scope="col"${column.number === true ? raw(' class="n"') : null}>${column.head}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (cells) => html`<tr>${cells.map((cell, i) => write(cell, columns[i]?.number === true))}</tr>`,
  )}</tbody></table></div>`;
}

function write(cell: Cell | string, number: boolean): Markup {
  if (typeof cell === 'string') return number ? html`<td class="n">${cell}</td>` : html`<td>${cell}</td>`;
  const classes = [number ? 'n' : '', cell.className ?? ''].filter((name) => name !== '').join(' ');
  const sort =
    cell.value === undefined ? null : html` data-v="${cell.value === null ? '' : short(cell.value)}"`;
  return html`<td${classes === '' ? null : html` class="${classes}"`}${sort}>${cell.show}</td>`;
}

/** Enough digits to sort by. */
function short(value: number): string {
  return String(Number(value.toPrecision(5)));
}

/** A number cell: its text made by `format`, sorted by the number. */
export function number(
  value: number | null,
  format: (value: number | null) => string,
  className?: string,
): Cell {
  return { show: format(value), value, ...(className === undefined ? {} : { className }) };
}
