import { SCHEMA_FILE_NAME } from '../template.ts';
import type { MalleusOptions } from './options.ts';

/** malleus sends a file of 1280x720 at 30/s. */
const VIDEO = '{ height: 720, fps: 30, simulcast: true }';

interface Group {
  name: string;
  perRoom: number;
  audio: boolean;
  video: boolean;
  /** Region by index; null without regions. */
  region: number | null;
}

/** A scenario that loads as the malleus command did; docs/malleus.md says what became of each parameter. */
export function malleusScenario(name: string, options: MalleusOptions): string {
  const regions = bridgesOf(options);
  const bridges = Math.max(1, regions.length);
  return `# yaml-language-server: $schema=./${SCHEMA_FILE_NAME}
#
# Made from a malleus command line; docs/malleus.md says what became of each of its parameters.
${options.noted.map((parameter) => `# Without a place here: ${oneLine(parameter)}\n`).join('')}version: 1
name: ${quoted(name)}
seed: 1

target:
  kind: mediasoup
  bridges: ${bridges}${regions.length > 0 ? ` # one for each region: ${regions.map(oneLine).join(', ')}` : ''}
  placement: ${regions.length > 0 ? 'pinned' : 'least-stressed'}
  maxPacketRatePps: 30000 # of one bridge; calibrate yours

rooms:
  - name: ${quoted(`${options.roomNamePrefix}{n}`)}
    count: ${options.conferences}

${browserSection(options)}
participants:
${groupsOf(options)
  .map((group) => groupText(group, options))
  .join('\n')}

load:
  stages:
    - { kind: ramp, over: ${Math.max(0, options.participants - 1) * options.joinDelayMs}ms }
    - { kind: hold, duration: ${options.durationS}s }
    - { kind: ramp-down, over: 0s }

gates:
  - { expression: mean(participant.join_failed_ratio) == 0, window: all }
  - mean(bridge.up_ratio) >= ${(100 - options.maxDisruptedBridgesPct) / 100}
`;
}

/** The participants of a conference with the same duties in the same region, in the order in which they join. */
export function groupsOf(options: MalleusOptions): Group[] {
  const { participants, senders, audioSenders, regions } = options;
  const bridges = bridgesOf(options);
  const groups = new Map<string, Group>();
  for (let i = 0; i < participants; i++) {
    const region = regions.length > 0 ? bridges.indexOf(regions[i % regions.length] ?? '') : null;
    const [audio, video] = [i < audioSenders, i < senders];
    const duty = video ? (audio ? 'senders' : 'video-senders') : audio ? 'audio-senders' : 'receivers';
    const name = region === null ? duty : `${duty}-${bridges[region]}`;
    const group = groups.get(name) ?? { name, perRoom: 0, audio, video, region };
    group.perRoom += 1;
    groups.set(name, group);
  }
  return [...groups.values()];
}

/** A bridge for each region; one that is named twice gets twice as many. */
function bridgesOf({ regions }: MalleusOptions): string[] {
  return [...new Set(regions)];
}

function groupText(group: Group, { switchSpeakers, useStageView }: MalleusOptions): string {
  const audio = group.audio ? `{ pattern: ${switchSpeakers ? 'speech' : 'continuous'} }` : 'false';
  return [
    `  - name: ${quoted(group.name)}`,
    '    engine: browser',
    `    perRoom: ${group.perRoom}`,
    ...(group.region === null ? [] : [`    bridge: ${group.region}`]),
    `    publish: { audio: ${audio}, video: ${group.video ? VIDEO : 'false'} }`,
    `    subscribe: { video: all, preferredLayer: ${useStageView ? 2 : 1} }`,
  ].join('\n');
}

function browserSection(options: MalleusOptions): string {
  const { hub, allowInsecureCerts, participantsPerBrowser } = options;
  const capabilities = allowInsecureCerts ? '\n    capabilities: { acceptInsecureCerts: true }' : '';
  const grid =
    hub === null
      ? '  # grid: {} # browsers of the grid at RTC_BENCH_GRID'
      : hub.secret
        ? `  grid: # its address is a secret: export it as RTC_BENCH_GRID\n    clearLeftovers: false${capabilities}`
        : `  grid:\n    url: ${quoted(hub.url)}${capabilities}`;
  const args = hub === null && allowInsecureCerts ? '\n  args: [--ignore-certificate-errors]' : '';
  return `browser:\n  participantsPerPage: ${Math.min(50, participantsPerBrowser)}\n${grid}${args}\n`;
}

/** A JSON string is a YAML string, whatever is in it. */
function quoted(value: string): string {
  return JSON.stringify(value);
}

/** For a comment, which ends with its line. */
function oneLine(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
