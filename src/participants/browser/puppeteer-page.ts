import type { Page } from 'puppeteer';
import type { BrowserPage } from './driver.ts';
import { PAGE_API_NAME, type PageApi } from './page-api.ts';

/** A page that puppeteer drives, be it by DevTools or by BiDi. */
export class PuppeteerPage implements BrowserPage {
  readonly gone: Promise<string>;
  readonly #page: Page;
  #closing = false;

  /** `browserGone` resolves with the reason when the whole browser has ended. */
  constructor(page: Page, browserGone: Promise<string>) {
    this.#page = page;
    this.gone = new Promise((resolve) => {
      const tell = (reason: string) => {
        if (!this.#closing) resolve(reason);
      };
      page.on('error', () => tell('the page crashed'));
      page.on('close', () => tell('the page was closed'));
      void browserGone.then(tell);
    });
  }

  async call<M extends keyof PageApi>(
    method: M,
    ...parameters: Parameters<PageApi[M]>
  ): Promise<Awaited<ReturnType<PageApi[M]>>> {
    const answer = this.#page.evaluate(
      (api, name, values) => {
        const methods = (
          globalThis as unknown as Record<string, Record<string, (...v: unknown[]) => unknown>>
        )[api];
        return methods?.[name]?.(...values);
      },
      PAGE_API_NAME,
      method as string,
      parameters as unknown[],
    );
    // A call into a page that crashed is never answered, and one that lost the race must not surface later.
    answer.catch(() => {});
    const gone = this.gone.then((reason) => Promise.reject(new Error(reason)));
    return (await Promise.race([answer, gone])) as Awaited<ReturnType<PageApi[M]>>;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#page.browserContext().close();
  }
}
