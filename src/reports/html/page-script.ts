import { sibling } from '../../system/sibling.ts';

/** The page's script in one piece, made smaller; null when the bundler is not to be had, which costs no number. */
export async function bundlePageScript(): Promise<string | null> {
  try {
    const esbuild = await import('esbuild');
    try {
      const { outputFiles } = await esbuild.build({
        entryPoints: [sibling(import.meta.url, './page/main')],
        bundle: true,
        minify: true,
        write: false,
        format: 'iife',
        platform: 'browser',
        target: ['chrome111', 'firefox120', 'safari16.4'],
        charset: 'ascii',
        legalComments: 'none',
        logLevel: 'silent',
      });
      return outputFiles[0]?.text ?? null;
    } finally {
      // Its helper process would otherwise live as long as ours.
      await esbuild.stop();
    }
  } catch {
    return null;
  }
}
