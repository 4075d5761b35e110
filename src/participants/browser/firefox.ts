import { environmentError } from '../../errors.ts';
import { findProgram } from '../../setup/find-program.ts';
import { runProgram } from '../../setup/run-program.ts';
import type { FindBrowser } from './local-browser.ts';

const NAMES = ['firefox-esr', 'firefox'];
const VERSION_TIMEOUT_MS = 15_000;

/** What Firefox must be told to carry participants that nobody looks at; https://searchfox.org, StaticPrefList. */
export const FIREFOX_PREFERENCES: Readonly<Record<string, boolean | number>> = {
  // Sound and pictures start without anybody's click.
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.autoplay.block-webaudio': false,
  // A page in the background must paint and measure as one in front.
  'dom.min_background_timeout_value': 4,
  'dom.timeout.enable_budget_timer_throttling': false,
  'widget.windows.window_occlusion_tracking.enabled': false,
  // All of its addresses, as they are: participants are nobody's private peers.
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.peerconnection.ice.default_address_only': false,
  // No codec plug-ins, updates or reports from outside.
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

/** Firefox over WebDriver BiDi, which needs no driver program. */
export const findLocalFirefox: FindBrowser = async (system, settings) => {
  const executablePath = settings.executable ?? findProgram(system.env, ...NAMES);
  if (executablePath === null)
    throw environmentError('RTCB_FIREFOX_MISSING', 'no Firefox is installed here', {
      hint: 'install it (Debian: apt-get install firefox-esr) or name it as browser.executable',
    });
  const { exitCode, output } = await runProgram(system, executablePath, ['--version'], {
    timeoutMs: VERSION_TIMEOUT_MS,
  });
  const version = /Firefox (\d[\w.]*)/.exec(output)?.[1];
  if (exitCode !== 0 || version === undefined)
    throw environmentError('RTCB_FIREFOX_MISSING', `this is no Firefox that starts: ${executablePath}`);
  return {
    executablePath,
    launch: {
      browser: 'firefox',
      executablePath,
      headless: true,
      env: { ...system.env },
      args: [...settings.args],
      extraPrefsFirefox: { ...FIREFOX_PREFERENCES },
    },
    versions: { firefox: version },
    endsWithOwner: false,
  };
};
