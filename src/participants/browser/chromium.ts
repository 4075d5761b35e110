import { environmentError } from '../../errors.ts';
import { type FoundChromium, requireChromium } from '../../setup/find-chromium.ts';
import { sandboxObstacle } from '../../setup/sandbox.ts';
import type { System } from '../../system/types.ts';
import { chromiumArguments } from './chromium-arguments.ts';
import type { FindBrowser } from './local-browser.ts';

const NO_SANDBOX = '--no-sandbox';

/** The one that the scenario names, or what is found on this host. */
async function chromiumFor(system: System, executable: string | null): Promise<FoundChromium> {
  if (executable === null) return requireChromium(system);
  const env = { ...system.env, PUPPETEER_EXECUTABLE_PATH: executable };
  try {
    return await requireChromium({ ...system, env });
  } catch (cause) {
    throw environmentError(
      'RTCB_CHROMIUM_UNUSABLE',
      `browser.executable of the scenario is no Chromium that starts: ${executable}`,
      { hint: 'name another, or leave it out to take what is found on this host', cause },
    );
  }
}

/** Chromium, or any browser made of it. Driven over a pipe: when that closes, it ends. */
export const findLocalChromium: FindBrowser = async (system, settings) => {
  const found = await chromiumFor(system, settings.executable);
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
