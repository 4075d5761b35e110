import type { WebDriver } from 'selenium-webdriver';
import type { Clock } from '../../../system/types.ts';
import type { BrowserPage } from '../driver.ts';
import { PAGE_API_NAME, type PageApi } from '../page-api.ts';

/** Longer than anything that the page may take; a grid that has lost its node answers not at all. */
const CALL_TIMEOUT_MS = 20_000;
const CLOSE_TIMEOUT_MS = 5_000;

/** Runs in the page: calls a method and hands its result, or its error, to WebDriver's callback. */
const CALL_SCRIPT = `
const [api, method, parameters, done] = arguments;
Promise.resolve()
  .then(() => globalThis[api][method](...parameters))
  .then((value) => done({ value: value ?? null }), (error) => done({ error: String(error?.message ?? error) }));
`;

/** One session on a grid: a browser of its own with one page. */
export class GridPage implements BrowserPage {
  readonly gone: Promise<string>;
  readonly #driver: WebDriver;
  readonly #clock: Clock;
  readonly #redact: (message: string) => string;
  #tellGone: (reason: string) => void = () => {};
  #closing: Promise<void> | null = null;

  constructor(driver: WebDriver, clock: Clock, redact: (message: string) => string) {
    this.#driver = driver;
    this.#clock = clock;
    this.#redact = redact;
    this.gone = new Promise((resolve) => {
      this.#tellGone = resolve;
    });
  }

  async call<M extends keyof PageApi>(
    method: M,
    ...parameters: Parameters<PageApi[M]>
  ): Promise<Awaited<ReturnType<PageApi[M]>>> {
    const answer = await this.#inTime(
      this.#driver.executeAsyncScript<{ value?: unknown; error?: string } | null>(
        CALL_SCRIPT,
        PAGE_API_NAME,
        method,
        parameters,
      ),
      CALL_TIMEOUT_MS,
    ).catch((error: unknown) => {
      const reason = this.#redact(reasonOf(error));
      if (this.#closing === null) this.#tellGone(reason);
      throw new Error(reason);
    });
    if (answer?.error !== undefined) throw new Error(answer.error);
    return answer?.value as Awaited<ReturnType<PageApi[M]>>;
  }

  /** Deletes the session, also one whose browser is gone: it would hold its slot until the grid's own time limit. */
  close(): Promise<void> {
    this.#closing ??= this.#inTime(this.#driver.quit(), CLOSE_TIMEOUT_MS).catch(() => {});
    return this.#closing;
  }

  async #inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
    const timer = new AbortController();
    const overdue = this.#clock.sleep(timeoutMs, timer.signal).then(() => {
      throw new Error(`the grid does not answer within ${timeoutMs} ms`);
    });
    overdue.catch(() => {});
    work.catch(() => {});
    try {
      return await Promise.race([work, overdue]);
    } finally {
      timer.abort();
    }
  }
}

/** WebDriver's messages go on with the whole of a stack on the node. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [line = ''] = error.message.split('\n');
  return error.name === 'NoSuchSessionError' ? 'its session on the grid has ended' : `${error.name}: ${line}`;
}
