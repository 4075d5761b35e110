import { environmentError } from '../../errors.ts';
import { requireChromium } from '../../setup/find-chromium.ts';
import { sandboxObstacle } from '../../setup/sandbox.ts';
import { chromiumArguments } from './chromium-arguments.ts';
import type { FindBrowser } from './local-browser.ts';

const NO_SANDBOX = '--no-sandbox';

/** Chromium, or any browser made of it. Driven over a pipe: when that closes, it ends. */
export const findLocalChromium: FindBrowser = async (system, settings) => {
  const env =
    settings.executable === null
      ? system.env
      : { ...system.env, PUPPETEER_EXECUTABLE_PATH: settings.executable };
  const found = await requireChromium({ ...system, env });
  const forced = found.args.includes(NO_SANDBOX);
  if (forced && settings.noSandbox === false)
    throw environmentError('RTCB_NO_SANDBOX', 'Chromium has no sandbox here and noSandbox is false', {
      hint: `${(await sandboxObstacle(system)) ?? 'the host allows none'}; run as an ordinary user`,
    });
  const obstacle = forced
    ? ((await sandboxObstacle(system)) ?? 'not allowed here')
    : settings.noSandbox === true
      ? 'asked for'
      : null;
  const hostArguments = found.args.filter((argument) => argument !== NO_SANDBOX);
  return {
    executablePath: found.executablePath,
    launch: {
      browser: 'chrome',
      executablePath: found.executablePath,
      headless: found.headless,
      env: { ...system.env, ...found.env },
      args: [
        ...chromiumArguments(),
        ...hostArguments,
        ...(obstacle === null ? [] : [NO_SANDBOX]),
        ...settings.args,
      ],
      pipe: true,
    },
    versions: {
      chromium: found.version.replace(/^.* /, ''),
      ...(obstacle === null ? {} : { 'chromium-sandbox': `off: ${obstacle}` }),
    },
    endsWithOwner: true,
  };
};
