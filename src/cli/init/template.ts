export const SCHEMA_FILE_NAME = 'rtc-bench.schema.json';

/** A scenario that runs as it stands, with what is worth changing beside it as comments. */
export function scenarioTemplate(name: string): string {
  return `# yaml-language-server: $schema=./${SCHEMA_FILE_NAME}
#
# Check it:  rtc-bench plan ${name}.yaml
# Run it:    rtc-bench run ${name}.yaml
version: 1
name: ${name}
seed: 1 # everything random follows from it

target:
  kind: mediasoup
  bridges: 2 # started by the run, each a process of its own
  # url: ws://127.0.0.1:4000 # or a running cluster: rtc-bench cluster start
  placement: least-stressed # or spread, or pinned
  maxParticipantsPerBridgeAndRoom: 20 # more of one room go to another bridge
  # Packets/s in and out that one bridge carries: a number, or the file that \`rtc-bench calibrate\` writes.
  maxPacketRatePps: 30000 # or capacity.json

rooms:
  - name: meeting-{n} # {n} counts from 1
    count: 2

participants:
  - name: speakers
    engine: synthetic # a WebRTC endpoint without a browser; or browser
    perRoom: 2 # or count: in all, dealt out to the rooms in turn
    publish:
      audio: true # or { pattern: continuous }
      video: { codec: vp8, height: 360, fps: 30, simulcast: true }
      # screen: { fps: 5, peakInterval: 10s }
    subscribe: { audio: all, video: 2 } # all, none, or the last N who spoke
  - name: audience
    perRoom: 4
    publish: { audio: false }
    subscribe: { video: 2, preferredLayer: 1 }

load:
  order: listed # speakers first; or shuffled by the seed
  stages:
    - { kind: ramp, rate: 2 } # joins a second; or over: 30s; to: N for a part of them
    # - { kind: steps, size: 5, every: 10s }
    - { kind: warm-up, duration: 5s } # not judged
    - { kind: hold, duration: 30s } # judged
    - { kind: ramp-down, over: 3s }

gates: # aggregate(metric{label=value}) op number; docs/gates.md, docs/metrics.md
  - max(bridge.stress) < 0.8
  - mean(track.loss_ratio) < 0.01
  - { expression: max(participant.join_ms) < 5000, window: all, minSamples: 10, level: warn }
  - { expression: mean(participant.join_failed_ratio) == 0, window: all }

# sampling: { interval: 1s }
# browser: { executable: /usr/bin/chromium }
# synthetic: { shards: 2 }
# probe: { duration: 5s } # the UDP path, before anybody joins
# trust: { lateSendRatio: 0.05 } # docs/trust.md
`;
}
