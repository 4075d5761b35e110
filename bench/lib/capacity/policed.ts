/** What a calibration may vary. */
export const VARIABLES = ['participants', 'rooms', 'publishers', 'bitrate'] as const;
export type Variable = (typeof VARIABLES)[number];

/** A scenario for each variable, with little control traffic beside it. */
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
  // Five cameras to ten; kbit/s.
  bitrate: `rooms: { name: hall }
participants:
  - { name: cameras, count: 5, publish: { audio: false, video: { height: 180, fps: 30, simulcast: false } }, subscribe: { audio: none, video: none } }
  - { name: audience, count: 10, publish: { audio: false } }
calibrate: { variable: bitrate, group: cameras, start: 200, max: 5000, SEARCH }`,
};

/** Frames are bursts: a policer of video has to hold one to everybody, and then takes longer to notice too much. */
export function burstMsOf(variable: Variable): number {
  return isVideo(variable) ? 60 : 20;
}

export function policedScenario(variable: Variable, repeats: number): string {
  const hold = isVideo(variable) ? '4s' : '2s';
  const search = `joinRate: 60, settle: 1s, hold: ${hold}, drain: 500ms, repeats: ${repeats}`;
  return `version: 1
name: known-capacity
target: { bridges: 1 }
sampling: { interval: 500ms }
${TRAFFIC[variable].replace('SEARCH', search)}
load: { stages: [ { kind: ramp, rate: 10 }, { kind: hold, duration: 5s } ] }
`;
}

function isVideo(variable: Variable): boolean {
  return variable === 'publishers' || variable === 'bitrate';
}
