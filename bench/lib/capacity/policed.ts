/** What a calibration may vary. */
export const VARIABLES = ['participants', 'rooms', 'publishers', 'bitrate'] as const;
export type Variable = (typeof VARIABLES)[number];

/**
 * A scenario for each variable, all of the same order of packets a second and with little control traffic beside it.
 * Frames are small, so that a burst of them fits into a policer that holds 20 ms of its rate.
 */
const TRAFFIC: Record<Variable, string> = {
  // 200 packets a second a listener.
  participants: `rooms: { name: hall }
participants:
  - { name: speakers, count: 4, publish: { audio: { pattern: continuous } }, subscribe: { audio: none, video: none } }
  - { name: audience, count: 10, publish: { audio: false } }
calibrate: { variable: participants, group: audience, start: 8, max: 400, SEARCH }`,
  // 300 packets a second a room.
  rooms: `rooms: { name: room }
participants:
  - { name: speaker, perRoom: 1, publish: { audio: { pattern: continuous } }, subscribe: { audio: none, video: none } }
  - { name: audience, perRoom: 5, publish: { audio: false } }
calibrate: { variable: rooms, start: 5, max: 300, SEARCH }`,
  // Each camera goes to ten.
  publishers: `rooms: { name: hall }
participants:
  - { name: cameras, count: 4, publish: { audio: false, video: { height: 180, fps: 15, simulcast: false } }, subscribe: { audio: none, video: none } }
  - { name: audience, count: 10, publish: { audio: false } }
calibrate: { variable: publishers, group: cameras, start: 5, max: 200, SEARCH }`,
  // Two cameras to fifty; a frame stays as large as it is.
  bitrate: `rooms: { name: hall }
participants:
  - { name: cameras, count: 2, publish: { audio: false, video: { height: 180, fps: 15, simulcast: false } }, subscribe: { audio: none, video: none } }
  - { name: audience, count: 50, publish: { audio: false } }
calibrate: { variable: bitrate, group: cameras, start: 5, max: 60, SEARCH }`,
};

export function policedScenario(variable: Variable, repeats: number): string {
  const search = `joinRate: 60, settle: 500ms, hold: 2s, drain: 500ms, repeats: ${repeats}`;
  return `version: 1
name: known-capacity
target: { bridges: 1 }
sampling: { interval: 500ms }
${TRAFFIC[variable].replace('SEARCH', search)}
load: { stages: [ { kind: ramp, rate: 10 }, { kind: hold, duration: 5s } ] }
`;
}
