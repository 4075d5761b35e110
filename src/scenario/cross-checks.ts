import { suggestion } from '../spelling.ts';
import { isLocalHost } from './addresses.ts';
import { expandRooms } from './rooms.ts';
import type { ParticipantGroup, ScenarioFile } from './schema.ts';
import { MAX_RUN_MS } from './schema-load.ts';
import { MAX_BROWSERS, MAX_PARTICIPANTS, MAX_ROOMS } from './schema-participants.ts';
import type { Path, ScenarioSource } from './source.ts';
import type { Problem } from './source-text.ts';
import { stageDurationMs, stageTarget } from './stages.ts';

/** What one part of a scenario demands of another. */
export function crossProblems(scenario: ScenarioFile, source: ScenarioSource): Problem[] {
  const problems: Problem[] = [];
  const at = (path: Path, message: string, hint = '') =>
    problems.push({ ...source.valueAt(path), message, hint });
  checkRooms(scenario, at);
  const total = checkGroups(scenario, at);
  checkStages(scenario, total, at);
  if (scenario.target.placement === 'pinned' && !isPinned(scenario)) {
    at(['target', 'placement'], 'placement "pinned" needs a `bridge` for every room or group');
  }
  checkCalibration(scenario, at);
  checkTarget(scenario, at);
  return problems;
}

/** Bridges that the target is going to have; null: a running cluster tells. */
export function bridgeCount({ url, servers, bridges }: ScenarioFile['target']): number | null {
  return url === undefined ? (servers?.length ?? bridges) : null;
}

/** Names of the stages as the planner will give them, from unchecked contents. */
export function stageNames(data: unknown): string[] {
  const stages = (data as { load?: { stages?: unknown } } | null)?.load?.stages;
  if (!Array.isArray(stages)) return ['ramp', 'warm-up', 'hold'];
  return stages.flatMap((stage: { name?: unknown; kind?: unknown } | null) => {
    const name = stage?.name ?? stage?.kind;
    return typeof name === 'string' ? [name] : [];
  });
}

/** The kinds of endpoint that the groups are made of, from unchecked contents. */
export function endpointKinds(data: unknown): string[] {
  const { participants, browser } = (data ?? {}) as { participants?: unknown; browser?: { name?: unknown } };
  if (!Array.isArray(participants)) return [];
  const own = typeof browser?.name === 'string' ? browser.name : undefined;
  const kinds = participants.map((group: { engine?: unknown; browser?: unknown } | null) =>
    group?.engine === 'browser' ? String(group.browser ?? own ?? 'chromium') : 'synthetic',
  );
  return [...new Set(kinds)].sort();
}

/** Participants that a group stands for. */
export function groupSize(group: ParticipantGroup, scenario: ScenarioFile): number {
  if (group.perRoom === undefined) return group.count ?? 0;
  const entries = scenario.rooms.filter((room) => group.rooms?.includes(room.name) ?? true);
  return group.perRoom * entries.reduce((sum, room) => sum + room.count, 0);
}

type At = (path: Path, message: string, hint?: string) => void;

function checkTarget({ target }: ScenarioFile, at: At): void {
  const { kind, start, servers, url, allowPublic } = target;
  const addresses: [Path, string][] = [
    ...(url === undefined ? [] : [[['target', 'url'], url] as [Path, string]]),
    ...(servers ?? []).flatMap((server, i): [Path, string][] => [
      [['target', 'servers', i, 'url'], server.url],
      [['target', 'servers', i, 'admin'], server.admin],
    ]),
  ];
  for (const [path, address] of addresses) {
    if (!allowPublic && isLocalHost(address) === false)
      at(path, 'this address is public', 'load only what is yours, and say so: allowPublic: true');
  }
  if (kind === 'janus' && start === (servers !== undefined))
    at(['target'], 'a target of kind janus needs either `start: true` or `servers`');
  if (target.cpuShare !== undefined && url !== undefined)
    at(
      ['target', 'cpuShare'],
      'a running cluster gives its bridges what it was told to',
      'start it with `rtc-bench cluster start --cpu-share`',
    );
  const foreign =
    kind === 'janus'
      ? ([
          ['url', url !== undefined, 'name running servers in `servers`'],
          ['cpuShare', target.cpuShare !== undefined, 'Janus uses several cores'],
          ['cpuShareIfPossible', target.cpuShareIfPossible, 'Janus uses several cores'],
          ['udp', Object.keys(target.udp).length > 0, 'Janus sets its own UDP buffers'],
          [
            'maxParticipantsPerBridgeAndRoom',
            target.maxParticipantsPerBridgeAndRoom !== undefined,
            'servers of Janus know nothing of each other: a room stays on one',
          ],
        ] as const)
      : ([
          ['start', start, 'only kind: janus has it'],
          ['servers', servers !== undefined, 'only kind: janus has it; a running cluster goes by `url`'],
          ['adminSecretFile', target.adminSecretFile !== undefined, 'only kind: janus has it'],
          ['mediaAddress', target.mediaAddress !== undefined, 'only kind: janus has it'],
        ] as const);
  for (const [name, isSet, hint] of foreign) {
    if (isSet) at(['target', name], `a target of kind ${kind} has no \`${name}\``, hint);
  }
}

function checkRooms(scenario: ScenarioFile, at: At): void {
  const total = scenario.rooms.reduce((sum, room) => sum + room.count, 0);
  if (total > MAX_ROOMS) at(['rooms'], `${total} rooms are more than ${MAX_ROOMS}`);
  else {
    const names = new Set<string>();
    for (const room of expandRooms(scenario.rooms)) {
      if (names.has(room.name)) at(['rooms', room.entry, 'name'], `two rooms are named "${room.name}"`);
      names.add(room.name);
    }
  }
  for (const [index, room] of scenario.rooms.entries()) {
    checkBridge(scenario, room.bridge, ['rooms', index, 'bridge'], at);
  }
}

function checkGroups(scenario: ScenarioFile, at: At): number {
  const names = scenario.rooms.map((room) => room.name);
  let [total, browsers] = [0, 0];
  for (const [index, group] of scenario.participants.entries()) {
    const path = ['participants', index];
    if ((group.count === undefined) === (group.perRoom === undefined)) {
      at(path, 'a group needs either `count` or `perRoom`');
    }
    if (group.browser !== undefined && group.engine !== 'browser')
      at([...path, 'browser'], 'only the engine `browser` has one', 'add engine: browser');
    for (const [place, name] of (group.rooms ?? []).entries()) {
      if (!names.includes(name)) {
        at([...path, 'rooms', place], `no room entry is named "${name}"`, suggestion(name, names));
      }
    }
    checkBridge(scenario, group.bridge, [...path, 'bridge'], at);
    total += groupSize(group, scenario);
    if (group.engine === 'browser') browsers += groupSize(group, scenario);
  }
  if (total > MAX_PARTICIPANTS)
    at(['participants'], `${total} participants are more than ${MAX_PARTICIPANTS}`);
  if (browsers > MAX_BROWSERS)
    at(['participants'], `${browsers} browser participants are more than ${MAX_BROWSERS}`);
  return total;
}

function checkBridge(scenario: ScenarioFile, bridge: number | undefined, path: Path, at: At): void {
  const count = bridgeCount(scenario.target);
  if (bridge === undefined || count === null) return;
  if (bridge >= count) {
    at(path, `there is no bridge ${bridge}`, `bridges count from 0, and target.bridges is ${count}`);
  }
}

function checkStages(scenario: ScenarioFile, total: number, at: At): void {
  let [present, joined, endMs] = [0, 0, 0];
  const names = new Set<string>();
  for (const [index, stage] of scenario.load.stages.entries()) {
    const path = ['load', 'stages', index];
    const name = stage.name ?? stage.kind;
    if (stage.name !== undefined && names.has(name)) at([...path, 'name'], `two stages are named "${name}"`);
    names.add(name);
    if (
      (stage.kind === 'ramp' || stage.kind === 'ramp-down') &&
      stage.overMs !== undefined &&
      stage.ratePerS !== undefined
    ) {
      at([...path, 'rate'], '`rate` and `over` exclude each other');
    }
    const next = stageTarget(stage, present, total - joined);
    if (stage.kind === 'ramp-down' ? next > present : next < present) {
      at([...path, 'to'], `${stage.kind} to ${next}, but ${present} participants are there already`);
    } else if (next - present > total - joined) {
      at(
        [...path, 'to'],
        `${next} participants are wanted, the groups have ${total - joined + present}`,
        'who has left does not come back',
      );
    }
    joined += Math.max(0, next - present);
    endMs += stageDurationMs(stage, Math.abs(next - present));
    present = next;
  }
  if (total > 0 && joined === 0)
    at(
      ['load', 'stages', 0],
      `no stage lets anybody join: ${total} participants are planned, none would come`,
      'begin with a ramp: `- { kind: ramp, over: 10s }`',
    );
  if (endMs > MAX_RUN_MS)
    at(['load', 'stages'], `the run would last ${Math.round(endMs / 3_600_000)} hours, 24 are the most`);
}

function checkCalibration({ calibrate, participants }: ScenarioFile, at: At): void {
  const { group, variable, max, start } = calibrate;
  const names = participants.flatMap((one) => one.name ?? []);
  if (group !== undefined && !names.includes(group)) {
    at(['calibrate', 'group'], `no group is named "${group}"`, suggestion(group, names));
  } else if (variable === 'publishers' || variable === 'bitrate') {
    const senders = participants.filter((one) => one.publish.video !== null);
    if (!senders.some((one) => group === undefined || one.name === group)) {
      at(
        ['calibrate', 'variable'],
        `${variable} cannot be varied: ${group === undefined ? 'no group sends' : `${group} sends no`} video`,
      );
    }
  }
  if (start > max) at(['calibrate', 'start'], `start ${start} is beyond max ${max}`);
}

function isPinned(scenario: ScenarioFile): boolean {
  return (
    scenario.rooms.every((room) => room.bridge !== undefined) ||
    scenario.participants.every((group) => group.bridge !== undefined)
  );
}
