import type { MediaSource } from '../../../scenario/plan-types.ts';

const SOURCES: readonly unknown[] = ['microphone', 'camera', 'screen'] satisfies MediaSource[];

export function isMediaSource(value: unknown): value is MediaSource {
  return SOURCES.includes(value);
}
