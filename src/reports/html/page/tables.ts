/** Tables whose columns sort when their head is asked: numbers by the value behind them, text by its letters. */
export function startTables(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable')) {
    for (const [column, head] of [...(table.tHead?.rows[0]?.cells ?? [])].entries()) {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => sort(table, head, column));
    }
  }
}

function sort(table: HTMLTableElement, head: HTMLTableCellElement, column: number): void {
  const descending = head.getAttribute('aria-sort') !== 'descending';
  for (const cell of table.tHead?.rows[0]?.cells ?? []) cell.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  const body = table.tBodies[0];
  if (body === undefined) return;
  const rows = [...body.rows].sort((a, b) => {
    const order = compare(a.cells[column], b.cells[column]);
    return descending ? -order : order;
  });
  body.append(...rows);
}

/** Cells carry their number in `data-v`; one without any is below all others. */
function compare(a: HTMLTableCellElement | undefined, b: HTMLTableCellElement | undefined): number {
  const [x, y] = [a?.dataset.v, b?.dataset.v];
  if (x === undefined && y === undefined)
    return (a?.textContent ?? '').localeCompare(b?.textContent ?? '', undefined, { numeric: true });
  return number(x) - number(y);
}

function number(text: string | undefined): number {
  return text === undefined || text === '' ? -1e300 : Number(text);
}
