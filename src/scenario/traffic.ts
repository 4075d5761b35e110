import type { ParticipantGroup, ScenarioFile } from './schema.ts';

/**
 * The kind of traffic of a scenario, a line each kind, without numbers of participants: what a capacity file is
 * held against.
 */
export function describeTraffic(scenario: Pick<ScenarioFile, 'participants'>): string[] {
  return [...new Set(scenario.participants.map(describeGroup))].toSorted();
}

function describeGroup({ engine, publish, subscribe }: ParticipantGroup): string {
  const { audio, video, screen } = publish;
  const sends = [
    ...(audio === null ? [] : [`${audio.pattern} audio`]),
    ...(video === null
      ? []
      : [
          `${video.codec} ${video.heightPixels}p${video.framesPerSecond}${video.simulcast ? ' simulcast' : ''}`,
        ]),
    ...(screen === null ? [] : [`screen at ${screen.framesPerSecond} fps`]),
  ];
  const layer = subscribe.preferredSpatialLayer === null ? '' : ` layer ${subscribe.preferredSpatialLayer}`;
  const receives = `${subscribe.audio} audio and ${subscribe.video} video${layer}`;
  return `${engine} sends ${sends.join(', ') || 'nothing'}, receives ${receives}`;
}
