import { stringify } from 'csv-stringify/sync';
import type { SizeTrial, SweepResult, TuneResult } from './types.ts';

/** A row a trial, units in the column names; the sweep after `--apply` follows the one before. */
export function tuneCsv({ sweep, after }: TuneResult): string {
  const rows = (when: string, { unasked, receive, send }: SweepResult) => [
    ...[unasked, ...receive].map((trial) => rowOf(when, 'receive', trial)),
    ...send.map((trial) => rowOf(when, 'send', trial)),
  ];
  return stringify([...rows('first', sweep), ...(after === null ? [] : rows('after', after))], {
    header: true,
    columns: [
      'sweep',
      'buffer',
      'asked_bytes',
      'granted_bytes',
      'sent_packets',
      'lost_packets',
      'socket_drops',
      'receive_buffer_errors',
      'send_buffer_errors',
      'backlog_drops',
      'network_lost',
      'passed',
    ],
    cast: { boolean: String },
  });
}

/** Nothing asked is an empty field, as is what is not known. */
function rowOf(sweep: string, buffer: 'receive' | 'send', trial: SizeTrial) {
  const { drops } = trial;
  return {
    sweep,
    buffer,
    asked_bytes: trial.askedBytes === 0 ? null : trial.askedBytes,
    granted_bytes: trial.grantedBytes,
    sent_packets: trial.sentPackets,
    lost_packets: trial.lostPackets,
    socket_drops: drops.socketDrops,
    receive_buffer_errors: drops.receiveBufferErrors,
    send_buffer_errors: drops.sendBufferErrors,
    backlog_drops: drops.backlogDrops,
    network_lost: drops.networkLost,
    passed: trial.passed,
  };
}
