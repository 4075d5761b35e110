import { usageError } from '../../errors.ts';
import { intervalLine, trialLine } from '../../probe/output/table.ts';
import { DEFAULT_REMOTE_RATE_PPS, probePath } from '../../probe/probe-path.ts';
import { parseServer } from '../../probe/server-address.ts';
import type { TrafficShape } from '../../probe/shapes.ts';
import type { ProbeResult } from '../../probe/types.ts';
import type { CliContext } from '../context.ts';
import { toolVersion } from '../version.ts';
import { deliver, writeText } from './deliver.ts';
import { parseAmount, parseRange, parseWhole } from './flags.ts';
import { interruptible } from './interrupts.ts';

export interface UdpFlags {
  prober: 'builtin' | 'iperf3';
  server?: string;
  duration?: string;
  shape: 'constant' | 'audio' | 'video' | 'mix';
  size: string;
  rate?: string;
  flows: string;
  findMax: boolean;
  lossBound: string;
  repeat: string;
  buffer?: string;
  sessionBitrate: string;
  label?: string;
  out?: string;
  csv?: string;
  svg?: string;
  html?: string;
  json: boolean;
}

const MAX_DURATION_S = 3600;

export async function probeUdp(context: CliContext, flags: UdpFlags): Promise<void> {
  const { system } = context;
  const server = flags.server === undefined ? null : parseServer(flags.server, flags.prober);
  const shape = shapeOf(flags, server !== null);
  const options = {
    prober: flags.prober,
    server,
    shape,
    flows: parseWhole('--flows', flags.flows, 1, 128),
    findMax: flags.findMax,
    lossBoundRatio: parseRange('--loss-bound', flags.lossBound, 0, 1),
    repetitions: parseWhole('--repeat', flags.repeat, 1, 20),
    sessionBitrateBps: sessionBitrate(flags.sessionBitrate),
    label: flags.label ?? null,
    version: toolVersion(),
    ...(flags.duration !== undefined && {
      durationMs: parseRange('--duration', flags.duration, 0.1, MAX_DURATION_S) * 1000,
    }),
    ...(flags.buffer !== undefined && { receiveBufferBytes: parseAmount('--buffer', flags.buffer, 'bytes') }),
  };
  const say = (line: string) => {
    if (!context.quiet) system.stderr.write(`${line}\n`);
  };
  const code = await interruptible(system, async (signal) => {
    const result = await probePath(system, {
      ...options,
      signal,
      ...(!flags.findMax && { onInterval: (interval) => say(intervalLine(interval)) }),
      onTrial: (trial) => say(trialLine(trial)),
    });
    await writePictures(result, flags);
    await deliver(context, result, flags);
  });
  if (code !== null) context.exit(code);
}

async function writePictures(result: ProbeResult, { svg, html }: UdpFlags): Promise<void> {
  if (svg === undefined && html === undefined) return;
  const { probeSection } = await import('../../probe/output/report-section.ts');
  const { sectionPage } = await import('../../probe/output/html.ts');
  const section = probeSection(result);
  if (svg !== undefined) await writeText(svg, section.charts.at(-1) ?? '');
  if (html !== undefined) await writeText(html, sectionPage(section, result.createdAt));
}

export function sessionBitrate(text: string): number {
  const bps = parseAmount('--session-bitrate', text);
  if (bps <= 0) throw usageError('RTCB_FLAG', '--session-bitrate must be above 0');
  return bps;
}

function shapeOf({ shape, size, rate, findMax }: UdpFlags, isRemote: boolean): TrafficShape {
  const isMax = rate === 'max' || (rate === undefined && (findMax || !isRemote));
  if (shape === 'constant') {
    const ratePps = isMax ? null : rate === undefined ? DEFAULT_REMOTE_RATE_PPS : parseAmount('--rate', rate);
    return { kind: 'constant', sizeBytes: parseAmount('--size', size, 'bytes'), ratePps };
  }
  if (rate === 'max')
    throw usageError('RTCB_FLAG', `--shape ${shape} needs a rate in packets a second, not max`);
  const fallback = findMax ? SHAPED_CEILING_PPS : DEFAULT_REMOTE_RATE_PPS;
  return { kind: shape, ratePps: rate === undefined ? fallback : parseAmount('--rate', rate) };
}

/** Where --find-max begins with a shape that needs a rate: about what one sender can do. */
const SHAPED_CEILING_PPS = 200_000;
