import type { ChalkInstance } from 'chalk';
import Table from 'cli-table3';
import type { ParticipantPlan, RunPlan } from '../../scenario/plan-types.ts';
import { formatDuration } from '../../scenario/quantities.ts';
import { safeText } from '../../system/safe-text.ts';
import { type CalibrationPlan, renderOutlook } from '../calibrate/outlook.ts';

/** Joins shown one by one; of the others the groups are told. */
const SHOWN_JOINS = 40;
const SHOWN_ROOMS = 20;

export interface PlanOutlook {
  plan: RunPlan;
  maxPacketRatePps: number | null;
  maxPacketRateSource: string | null;
  /** Gates as they will be judged. */
  gates: readonly string[];
  /** null: it cannot be calibrated with. */
  calibration: CalibrationPlan | null;
}

/** The plan for people: stages, groups, rooms, joins and the load to expect. */
export function renderPlan(outlook: PlanOutlook, paint: ChalkInstance): string {
  const { plan } = outlook;
  const heading = (text: string) => `\n${paint.bold(text)}\n`;
  return [
    `${paint.bold(safeText(plan.scenarioName))}: ${count(plan.participants.length, 'participant')} in ${count(plan.rooms.length, 'room')}, ${formatDuration(plan.durationMs)}, seed ${plan.seed}\n`,
    heading('Stages'),
    stageTable(plan),
    heading('Who'),
    groupTable(plan),
    heading('Rooms'),
    roomTable(plan),
    heading('Joins'),
    joinTable(plan),
    heading('Load to expect once everybody is there'),
    loadTable(outlook),
    ...(outlook.gates.length === 0
      ? []
      : [heading('Gates'), outlook.gates.map((gate) => `  ${safeText(gate)}\n`).join('')]),
    ...(outlook.calibration === null
      ? []
      : [heading('Calibration'), renderOutlook(outlook.calibration, paint)]),
    '\nNothing was started.\n',
  ].join('');
}

function stageTable({ stages }: RunPlan): string {
  return table(
    ['stage', 'kind', 'from', 'to', 'participants', 'judged'],
    stages.map((stage) => [
      safeText(stage.name),
      stage.kind,
      seconds(stage.startMs),
      seconds(stage.endMs),
      stage.participantsAtEnd,
      stage.steady ? 'yes' : '',
    ]),
  );
}

function groupTable({ participants }: RunPlan): string {
  const groups = Map.groupBy(participants, (participant) => participant.group);
  return table(
    ['group', 'engine', 'count', 'publishes', 'receives'],
    [...groups].map(([name, members]) => {
      const [first] = members;
      return [safeText(name), first?.engine ?? '', members.length, publishes(first), receives(first)];
    }),
  );
}

function roomTable({ rooms, participants }: RunPlan): string {
  const members = Map.groupBy(participants, (participant) => participant.roomId);
  const rows = rooms
    .slice(0, SHOWN_ROOMS)
    .map((room) => [
      room.id,
      safeText(room.name),
      members.get(room.id)?.length ?? 0,
      room.pinnedBridge === null ? 'balancer' : `bridge ${room.pinnedBridge}`,
    ]);
  return table(['id', 'name', 'participants', 'placed by'], rows) + rest(rooms.length - SHOWN_ROOMS, 'room');
}

function joinTable({ participants }: RunPlan): string {
  const rows = participants
    .slice(0, SHOWN_JOINS)
    .map((participant) => [
      seconds(participant.joinAtMs),
      participant.id,
      safeText(participant.group),
      participant.engine,
      participant.roomId,
      participant.leaveAtMs === null ? '' : seconds(participant.leaveAtMs),
    ]);
  const header = ['due at', 'participant', 'group', 'engine', 'room', 'leaves at'];
  return table(header, rows) + rest(participants.length - SHOWN_JOINS, 'participant');
}

function loadTable({ plan, maxPacketRatePps, maxPacketRateSource }: PlanOutlook): string {
  const rows = plan.expected.map((load) => {
    const total = load.packetRateInPps + load.packetRateOutPps;
    return [
      load.bridge,
      load.participants,
      rate(load.packetRateInPps),
      rate(load.packetRateOutPps),
      rate(load.relayPacketRatePps),
      rate(total),
      maxPacketRatePps === null ? 'unknown' : (total / maxPacketRatePps).toFixed(2),
    ];
  });
  const header = ['bridge', 'participants', 'in pps', 'out pps', 'of it relay', 'total pps', 'stress'];
  const max =
    maxPacketRatePps === null
      ? 'No maxPacketRatePps is set, so stress is unknown: `rtc-bench calibrate` finds it.\n'
      : `A bridge carries ${rate(maxPacketRatePps)} packets/s (${safeText(maxPacketRateSource ?? '')}).\n`;
  return `${table(header, rows)}${max}`;
}

function publishes(participant: ParticipantPlan | undefined): string {
  const { audio, video, screen } = participant?.publish ?? { audio: null, video: null, screen: null };
  const parts = [
    audio === null ? [] : [`audio (${audio.pattern})`],
    video === null
      ? []
      : [
          `${video.codec} ${video.heightPixels}p${video.framesPerSecond}${video.simulcast ? ' simulcast' : ''}`,
        ],
    screen === null ? [] : [`screen, peak every ${screen.peakIntervalS} s`],
  ].flat();
  return parts.join(', ') || 'nothing';
}

function receives(participant: ParticipantPlan | undefined): string {
  if (participant === undefined) return '';
  const { audio, video, preferredSpatialLayer } = participant.subscribe;
  const layer = preferredSpatialLayer === null ? '' : ` up to layer ${preferredSpatialLayer}`;
  const wanted = typeof video === 'number' ? `last ${video} video${layer}` : `${video} video${layer}`;
  return `${audio} audio, ${wanted}`;
}

function table(head: string[], rows: (string | number)[][]): string {
  const result = new Table({ head, style: { head: [], border: [], compact: true } });
  result.push(...rows);
  return `${result.toString()}\n`;
}

function rest(more: number, noun: string): string {
  return more > 0 ? `and ${count(more, `more ${noun}`)}; --json has them all\n` : '';
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function rate(pps: number): string {
  return Math.round(pps).toLocaleString('en');
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
