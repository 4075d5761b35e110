import type { Tap } from './tap.ts';
import { type ConversationView, viewConversation } from './view.ts';

/** What is known to differ, with its reason in `docs/synthetic.md`. */
const BROWSER_ONLY_ATTRIBUTES = ['GOOG-NETWORK-INFO'];
/** abs-capture-time, with its id in both kinds' offers. */
const SYNTHETIC_ONLY_EXTENSION = 7;
/** A browser sends it with the first packet of a key frame whose picture is turned. */
const BROWSER_ONLY_EXTENSION = 13;

export interface ComparedRow {
  role: ConversationView['role'];
  name: string;
  browser: string;
  synthetic: string;
  /** null: shown only. */
  alike: boolean | null;
}

type Views = Record<ConversationView['role'], ConversationView>;

/** The two sockets of a participant that sends and receives. */
export function viewsOf({ conversations }: Pick<Tap, 'conversations'>): Views {
  const views = conversations.map(viewConversation);
  const [send, receive] = (['send', 'receive'] as const).map((role) =>
    views.find((view) => view.role === role),
  );
  if (send === undefined || receive === undefined)
    throw new Error('no socket that sends, or none that receives');
  return { send, receive };
}

/** Two joins side by side: what an SFU could tell their participants apart by. */
export function compareJoins(browser: Views, synthetic: Views): ComparedRow[] {
  return (['send', 'receive'] as const).flatMap((role) =>
    compareSockets(role, browser[role], synthetic[role]),
  );
}

function compareSockets(
  role: ConversationView['role'],
  theirs: ConversationView,
  ours: ConversationView,
): ComparedRow[] {
  const rows: ComparedRow[] = [];
  const row = (
    name: string,
    of: (view: ConversationView) => unknown,
    alike: ((a: ConversationView, b: ConversationView) => boolean) | null,
  ) => {
    const [a, b] = [text(of(theirs)), text(of(ours))];
    rows.push({ role, name, browser: a, synthetic: b, alike: alike === null ? null : alike(theirs, ours) });
  };
  const same = (of: (view: ConversationView) => unknown) => (a: ConversationView, b: ConversationView) =>
    text(of(a)) === text(of(b));
  const equal = (name: string, of: (view: ConversationView) => unknown) => row(name, of, same(of));
  const within = (name: string, of: (view: ConversationView) => readonly (string | number)[]) =>
    row(name, of, (a, b) => of(b).length > 0 && of(b).every((item) => of(a).includes(item)));
  const attributes = (check: ConversationView['firstCheck']) =>
    check?.attributes.filter((name) => !BROWSER_ONLY_ATTRIBUTES.includes(name));

  // Pieces of a fragmented hello have no name.
  equal('sequence', ({ sequence }) => sequence.filter((step) => step.length > 2));
  equal('first check', ({ firstCheck }) => attributes(firstCheck));
  equal('check that nominates', ({ lastCheck }) => attributes(lastCheck));
  equal('priority of a check', ({ firstCheck }) => firstCheck?.priority);
  equal('answer to a check', ({ firstAnswer }) => firstAnswer?.attributes);
  row(
    'longest time between checks, ms',
    ({ checkIntervalMs }) => checkIntervalMs?.max.toFixed(0),
    (a, b) => [a, b].every(({ checkIntervalMs }) => consents(checkIntervalMs?.max ?? 0)),
  );
  row('mean time between checks, ms', ({ checkIntervalMs }) => checkIntervalMs?.mean.toFixed(0), null);
  equal('versions of the hello', ({ clientHello }) => [clientHello?.recordVersion, clientHello?.version]);
  row('bytes of the hello', ({ clientHello }) => clientHello?.bytes, null);
  within('cipher suites', ({ clientHello }) => clientHello?.cipherSuites ?? []);
  within('extensions of the hello', ({ clientHello }) => clientHello?.extensions.toSorted() ?? []);
  within('groups', ({ clientHello }) => clientHello?.supportedGroups ?? []);
  within('signature algorithms', ({ clientHello }) => clientHello?.signatureAlgorithms ?? []);
  within('SRTP profiles offered', ({ clientHello }) => clientHello?.srtpProfiles ?? []);
  row('cipher suite and SRTP profile chosen', ({ serverHello }) => serverHello, null);
  // The second packet types of a browser are probes on the retransmission stream, for which there is no cause here.
  const media = (view: ConversationView) =>
    view.rtp.filter(({ payloadType }) => payloadType === 111 || payloadType === 96);
  equal('RTP payload types and streams', (view) =>
    media(view)
      .map(({ payloadType, streams }) => `${payloadType} x ${streams}`)
      .toSorted(),
  );
  equal('extensions of the first RTP packets', (view) =>
    media(view)
      .map(({ payloadType, firstExtensions }) => {
        const ids = firstExtensions.filter(
          (id) => ![SYNTHETIC_ONLY_EXTENSION, BROWSER_ONLY_EXTENSION].includes(id),
        );
        return `${payloadType}: ${ids.toSorted((a, b) => a - b).join(' ')}`;
      })
      .toSorted(),
  );
  row(
    'largest RTP datagram, bytes',
    (view) => Math.max(0, ...view.rtp.map(({ largestDatagramBytes }) => largestDatagramBytes)),
    null,
  );
  equal('RTCP datagrams sent begin with', ({ rtcpSent }) => Object.keys(rtcpSent).toSorted());
  row('RTCP sent, a second', ({ rtcpSent }) => rates(rtcpSent), null);
  row('RTCP received, a second', ({ rtcpReceived }) => rates(rtcpReceived), null);
  return rows;
}

/** RFC 7675, section 5.1, around the 2.5 s of libwebrtc. */
function consents(intervalMs: number): boolean {
  return intervalMs >= 1900 && intervalMs <= 3200;
}

function rates(all: Record<string, number>): string[] {
  return Object.entries(all).map(([name, rate]) => `${name} ${rate.toFixed(1)}`);
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(', ');
  return value === undefined || value === null ? '-' : String(value);
}
