const STORED = 'rtc-bench-theme';

/** The switch between light and dark, and the buttons that save and copy. */
export function startTheme(): void {
  const root = document.documentElement;
  root.classList.add('js');
  const stored = recall();
  if (stored === 'light' || stored === 'dark') root.dataset.theme = stored;
  document.querySelector('#theme')?.addEventListener('click', () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    try {
      localStorage.setItem(STORED, root.dataset.theme);
    } catch {
      // A page opened from a file may have no storage; the choice then lasts as long as the page.
    }
  });
  document.querySelector('#save')?.addEventListener('click', saveManifest);
  for (const button of document.querySelectorAll<HTMLElement>('[data-copy]')) {
    button.addEventListener('click', () => {
      void navigator.clipboard?.writeText(button.dataset.copy ?? '').then(() => {
        button.classList.add('done');
        setTimeout(() => button.classList.remove('done'), 1500);
      });
    });
  }
}

function recall(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function saveManifest(): void {
  const text = document.querySelector('#manifest')?.textContent ?? '';
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = document.querySelector<HTMLElement>('#save')?.dataset.name ?? 'manifest.json';
  link.click();
  URL.revokeObjectURL(link.href);
}
