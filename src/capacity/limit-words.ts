import type { Limit } from './capacity-file.ts';

/** What ended a search, for people. */
export const LIMITED_BY: Record<Limit, string> = {
  'bridge-cpu': "the bridge's CPU",
  'kernel-drops': 'the kernel, which dropped datagrams because a socket was full',
  network: 'the network: packets were lost with CPU to spare and no drop in the kernel',
  generator: 'the load generator, so it says nothing about the bridge',
  'search-bound': 'calibrate.max: the highest load allowed still held',
  unknown: 'not known',
};
