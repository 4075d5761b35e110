import { seededRandom } from '../stats/random.ts';
import { capacityOf, isRemovable, leastUsed, type PoolNode } from './node-pool.ts';
import { loadOf } from './points.ts';
import { bounded, type PoolBounds } from './policy.ts';
import type { PoolView, Scaler } from './scalers.ts';

export interface SimulationOptions extends PoolBounds {
  /** Participants by minute. */
  demand: readonly number[];
  /** Points of one participant. */
  costPoints: number;
  cpusPerNode: number;
  /** Nodes at the beginning. */
  desired: number;
  /** From ordering a node to its taking sessions. */
  bootMinutes: number;
  /** Mean stay of a participant; exponential. */
  sessionMinutes: number;
  seed: number;
}

export interface MinuteRow {
  minute: number;
  participants: number;
  /** Nodes that are paid for: active, draining and booting. */
  nodes: number;
  draining: number;
  booting: number;
  /** Of the active nodes together, and of the fullest; 100 is every CPU in full use. */
  load: number;
  maxLoad: number;
}

export interface SimulationResult {
  scaler: string;
  rows: MinuteRow[];
  peakNodes: number;
  nodeHours: number;
  /** Minutes in which some node had more points than it has CPU for. */
  overloadedMinutes: number;
  /** Node hours beyond those that the points of each minute needed. */
  wastedNodeHours: number;
  /** Participants whose node was taken from under them. */
  droppedParticipants: number;
}

interface Session {
  node: PoolNode;
  endsAtMinute: number;
}

/** Plays a day of load against a pool that one scaler governs. Pure: the same options give the same day. */
export function simulate(options: SimulationOptions, scaler: Scaler): SimulationResult {
  const pool = new Pool(options);
  const rows: MinuteRow[] = [];
  let [overloadedMinutes, wastedMinutes] = [0, 0];
  for (const [minute, participants] of options.demand.entries()) {
    pool.boot(minute);
    pool.follow(participants, minute);
    const row = pool.row(minute);
    rows.push(row);
    if (row.maxLoad > 100) overloadedMinutes += 1;
    wastedMinutes += Math.max(0, row.nodes - pool.neededNodes());
    pool.apply(scaler.decide(pool.view()), scaler.drains, minute);
  }
  return {
    scaler: scaler.name,
    rows,
    peakNodes: Math.max(0, ...rows.map((row) => row.nodes)),
    nodeHours: rows.reduce((sum, row) => sum + row.nodes, 0) / 60,
    overloadedMinutes,
    wastedNodeHours: wastedMinutes / 60,
    droppedParticipants: pool.dropped,
  };
}

class Pool {
  readonly #options: SimulationOptions;
  readonly #random: () => number;
  #nodes: PoolNode[];
  #booting: { node: PoolNode; readyAtMinute: number }[] = [];
  /** In order of their beginning. */
  #sessions: Session[] = [];
  #lastId = 0;
  dropped = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    const desired = bounded(options.desired, 0, options);
    this.#nodes = Array.from({ length: Math.max(1, desired) }, () => this.#newNode());
  }

  boot(minute: number): void {
    const ready = this.#booting.filter((entry) => entry.readyAtMinute <= minute);
    this.#booting = this.#booting.filter((entry) => entry.readyAtMinute > minute);
    this.#nodes.push(...ready.map((entry) => entry.node));
  }

  /** Ends sessions that are over, and more of the oldest or new ones until there are `participants`. */
  follow(participants: number, minute: number): void {
    const over = this.#sessions.filter((session) => session.endsAtMinute <= minute);
    const staying = this.#sessions.filter((session) => session.endsAtMinute > minute);
    const surplus = Math.max(0, staying.length - participants);
    for (const session of [...over, ...staying.slice(0, surplus)]) this.#leave(session);
    this.#sessions = staying.slice(surplus);
    this.#nodes = this.#nodes.filter((node) => !(node.draining && isRemovable(node)));
    while (this.#sessions.length < participants) {
      const node = leastUsed(this.#nodes);
      if (node === null) break;
      node.usedPoints += this.#options.costPoints;
      const stay = -Math.log(1 - this.#random()) * this.#options.sessionMinutes;
      this.#sessions.push({ node, endsAtMinute: minute + Math.max(1, Math.ceil(stay)) });
    }
  }

  view(): PoolView {
    const active = this.#nodes.filter((node) => !node.draining);
    const used = active.map((node) => node.usedPoints);
    const sum = used.reduce((total, points) => total + points, 0);
    return {
      active: active.length,
      booting: this.#booting.length,
      load: loadOf(used, Math.max(1, active.length * this.#options.cpusPerNode)),
      meanPoints: active.length === 0 ? 0 : sum / active.length,
      idle: active.filter(isRemovable).length,
    };
  }

  row(minute: number): MinuteRow {
    const draining = this.#nodes.filter((node) => node.draining).length;
    return {
      minute,
      participants: this.#sessions.length,
      nodes: this.#nodes.length + this.#booting.length,
      draining,
      booting: this.#booting.length,
      load: this.view().load,
      maxLoad: Math.max(0, ...this.#nodes.map((node) => (node.usedPoints * 100) / capacityOf(node))),
    };
  }

  /** The fewest nodes that could carry what is there. */
  neededNodes(): number {
    const points = this.#sessions.length * this.#options.costPoints;
    const capacity = capacityOf({ cpus: this.#options.cpusPerNode });
    return Math.max(this.#options.minimum, 1, Math.ceil(points / capacity - 1e-9));
  }

  apply(wanted: number, drains: boolean, minute: number): void {
    const active = this.#nodes.filter((node) => !node.draining);
    const change = bounded(wanted, active.length + this.#booting.length, this.#options);
    for (let n = 0; n < change; n++) {
      this.#booting.push({ node: this.#newNode(), readyAtMinute: minute + this.#options.bootMinutes });
    }
    // One node has to be left, or nobody could join.
    const going = Math.min(-change, active.length - 1);
    const leastFirst = active.toSorted((a, b) => a.usedPoints - b.usedPoints);
    for (const node of leastFirst.slice(0, Math.max(0, going))) this.#takeAway(node, drains);
  }

  #takeAway(node: PoolNode, drains: boolean): void {
    node.draining = true;
    if (!drains) {
      const lost = this.#sessions.filter((session) => session.node === node);
      this.dropped += lost.length;
      this.#sessions = this.#sessions.filter((session) => session.node !== node);
      node.usedPoints = 0;
    }
    if (isRemovable(node)) this.#nodes = this.#nodes.filter((other) => other !== node);
  }

  #leave({ node }: Session): void {
    const left = node.usedPoints - this.#options.costPoints;
    // Points are decimals: what rounding leaves over is nobody.
    node.usedPoints = left < 1e-9 ? 0 : left;
  }

  #newNode(): PoolNode {
    this.#lastId += 1;
    return { id: this.#lastId, cpus: this.#options.cpusPerNode, usedPoints: 0, draining: false };
  }
}
