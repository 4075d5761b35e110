import { environmentError, errorMessage } from '../../errors.ts';
import { sibling } from '../../system/sibling.ts';

/** The page's script in one piece, for any browser that mediasoup-client supports. Takes about 0.1 s. */
export async function bundlePage(): Promise<string> {
  const esbuild = await import('esbuild');
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: [sibling(import.meta.url, './page/main')],
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'browser',
      target: ['chrome111', 'firefox120'],
      logLevel: 'silent',
    });
    return outputFiles[0]?.text ?? '';
  } catch (error) {
    throw environmentError(
      'RTCB_PAGE_BUNDLE',
      `the participants' page cannot be bundled: ${errorMessage(error)}`,
      { hint: 'the installation is incomplete; install rtc-bench again', cause: error },
    );
  } finally {
    // Its helper process would otherwise live as long as ours.
    await esbuild.stop();
  }
}
