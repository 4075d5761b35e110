import { parseArgs } from 'node:util';
import { errorMessage, usageError } from '../../../errors.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** Every parameter of `malleus.sh` (jitsi/jitsi-meet-torture, `scripts/malleus.sh`). */
export const FLAGS = {
  conferences: text,
  participants: text,
  senders: text,
  'audio-senders': text,
  'sender-tabs-per-browser': text,
  'receiver-tabs-per-browser': text,
  'senders-per-tab': text,
  'receivers-per-tab': text,
  'senders-per-node': text,
  'receivers-per-node': text,
  duration: text,
  'join-delay': text,
  'room-name-prefix': text,
  'hub-url': text,
  'instance-url': text,
  regions: text,
  'max-disrupted-bridges-pct': text,
  'extra-sender-params': text,
  'extra-receiver-params': text,
  jwt: text,
  'use-load-test': flag,
  'use-lite-mode': flag,
  'switch-speakers': flag,
  'use-stage-view': flag,
  headless: flag,
  'save-logs': flag,
  'allow-insecure-certs': flag,
} as const;

export interface MalleusOptions {
  conferences: number;
  /** In each conference. */
  participants: number;
  /** The first so many of a conference send video, or audio. */
  senders: number;
  audioSenders: number;
  durationS: number;
  joinDelayMs: number;
  roomNamePrefix: string;
  /** null: it was not given. `secret`: it is itself a credential, as AWS Device Farm's. */
  hub: { url: string; secret: boolean } | null;
  regions: string[];
  maxDisruptedBridgesPct: number;
  /** Most participants that one browser carried. */
  participantsPerBrowser: number;
  switchSpeakers: boolean;
  useStageView: boolean;
  allowInsecureCerts: boolean;
  /** What was given and has no place of its own in a scenario, as it was written. */
  noted: string[];
}

/** Parameters without effect on a scenario: told in a comment, so that nobody looks for them. */
const NOTED = [
  'senders-per-node',
  'receivers-per-node',
  'instance-url',
  'extra-sender-params',
  'extra-receiver-params',
  'use-load-test',
  'use-lite-mode',
  'headless',
  'save-logs',
] as const;

/**
 * Reads a malleus command line, with its old form `conferences participants senders duration prefix hub` too.
 * @throws RtcBenchError RTCB_MALLEUS for what malleus does not know, or what is no number.
 */
export function parseMalleus(commandLine: string): MalleusOptions {
  const { values, positionals } = parse(words(commandLine));
  const [conferences, participants, senders, duration, prefix, hub, ...more] = positionals;
  if (more.length > 0)
    throw usageError(
      'RTCB_MALLEUS',
      `malleus has no place for "${more.join(' ')}"`,
      'its old form is: conferences participants senders duration prefix hub',
    );
  const whole = (name: keyof typeof FLAGS, fallback: number, least: number, positional?: string) => {
    const given = values[name] ?? positional;
    if (given === undefined) return fallback;
    if (typeof given === 'string' && /^\d{1,7}$/.test(given) && Number(given) >= least) return Number(given);
    const from = least === 0 ? '' : ` from ${least}`;
    throw usageError('RTCB_MALLEUS', `--${name} takes a whole number${from}, not "${String(given)}"`);
  };
  const perConference = whole('participants', 3, 1, participants);
  const tabs = (side: 'sender' | 'receiver') =>
    whole(`${side}-tabs-per-browser`, 1, 1) * whole(`${side}s-per-tab`, 1, 1);
  const maxDisruptedBridgesPct = whole('max-disrupted-bridges-pct', 0, 0);
  if (maxDisruptedBridgesPct > 100)
    throw usageError(
      'RTCB_MALLEUS',
      `--max-disrupted-bridges-pct is at most 100, not ${maxDisruptedBridgesPct}`,
    );
  return {
    conferences: whole('conferences', 1, 1, conferences),
    participants: perConference,
    senders: whole('senders', perConference, 0, senders),
    audioSenders: whole('audio-senders', perConference, 0),
    durationS: whole('duration', 60, 1, duration),
    joinDelayMs: whole('join-delay', 0, 0),
    roomNamePrefix: values['room-name-prefix'] ?? prefix ?? 'loadtest',
    hub: hubOf(values['hub-url'] ?? hub),
    regions: values.regions?.split(',').filter((region) => region !== '') ?? [],
    maxDisruptedBridgesPct,
    participantsPerBrowser: Math.max(tabs('sender'), tabs('receiver')),
    switchSpeakers: values['switch-speakers'] ?? false,
    useStageView: values['use-stage-view'] ?? false,
    allowInsecureCerts: values['allow-insecure-certs'] ?? false,
    noted: [
      ...NOTED.filter((name) => values[name] !== undefined).map((name) =>
        values[name] === true ? `--${name}` : `--${name} ${String(values[name])}`,
      ),
      // A token is nobody's business in a file.
      ...(values.jwt === undefined ? [] : ['--jwt (not written down)']),
    ],
  };
}

function hubOf(url: string | undefined): MalleusOptions['hub'] {
  if (url === undefined) return null;
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw usageError('RTCB_MALLEUS', '--hub-url takes the http address of a grid', 'as http://host:4444');
  const { hostname, search, username } = new URL(url);
  // Device Farm signs its addresses for a while, in the path.
  const secret = hostname.endsWith('.amazonaws.com') || search !== '' || username !== '';
  return { url, secret };
}

function parse(args: string[]) {
  try {
    // malleus writes its values as `--name=value` and as `--name value`; both are read.
    return parseArgs({ args, options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw usageError(
      'RTCB_MALLEUS',
      `this is no malleus command line: ${errorMessage(error).split('. ')[0]}`,
      `malleus has ${Object.keys(FLAGS).join(', ')}`,
    );
  }
}

/** Words as a shell would make them, quotes taken off; nothing is expanded. */
function words(commandLine: string): string[] {
  const outside = commandLine.replaceAll(/"[^"]*"|'[^']*'/g, '');
  const open = /["']/.exec(outside)?.[0];
  if (open !== undefined)
    throw usageError('RTCB_MALLEUS', `the malleus command line has a ${open} that is not closed`);
  const found = commandLine.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const plain = found.map((word) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_all, double, single) => double ?? single),
  );
  return /malleus(\.sh)?$/.test(plain[0] ?? '') ? plain.slice(1) : plain;
}
