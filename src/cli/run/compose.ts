import type { Engine, EngineOptions } from '../../participants/types.ts';
import type { Scenario } from '../../scenario/load.ts';
import type { RunPlan } from '../../scenario/plan-types.ts';
import type { System } from '../../system/types.ts';
import type { Target, TargetOptions } from '../../targets/types.ts';
import { browserSettings } from './browser-settings.ts';

/** Placement by the scenario's pins needs no policy of its own: what is not pinned goes to the least stressed. */
function policy(placement: Scenario['target']['placement']): 'least-stressed' | 'spread' {
  return placement === 'spread' ? 'spread' : 'least-stressed';
}

/** The system under test that a scenario names. */
export async function createTarget(
  system: System,
  scenario: Scenario,
  maxPacketRatePps: number | null,
  options: TargetOptions,
  bridgeCores: readonly number[] | null = null,
): Promise<Target> {
  if (scenario.target.kind === 'janus') return createJanusTarget(system, scenario, maxPacketRatePps, options);
  const { MediasoupTarget } = await import('../../targets/mediasoup/target.ts');
  const { CLUSTER_DEFAULTS } = await import('../../cluster/settings.ts');
  const { target } = scenario;
  return new MediasoupTarget({
    ...options,
    system,
    url: target.url ?? null,
    placement: policy(target.placement),
    settings: {
      ...CLUSTER_DEFAULTS,
      host: scenario.browser.advertise ?? CLUSTER_DEFAULTS.host,
      apiFor: 'this-host',
      bridges: target.bridges,
      maxParticipantsPerBridgePerRoom: target.maxParticipantsPerBridgeAndRoom ?? null,
      maxPacketRatePps: maxPacketRatePps ?? CLUSTER_DEFAULTS.maxPacketRatePps,
      receiveBufferBytes: target.udp.receiveBufferBytes ?? CLUSTER_DEFAULTS.receiveBufferBytes,
      sendBufferBytes: target.udp.sendBufferBytes ?? CLUSTER_DEFAULTS.sendBufferBytes,
      cpuShare: target.cpuShare ?? null,
      bridgeCores,
    },
  });
}

async function createJanusTarget(
  system: System,
  { target }: Scenario,
  maxPacketRatePps: number | null,
  options: TargetOptions,
): Promise<Target> {
  const { JanusTarget } = await import('../../targets/janus/target.ts');
  const { CLUSTER_DEFAULTS } = await import('../../cluster/settings.ts');
  const { janusServers } = await import('./janus-servers.ts');
  return new JanusTarget({
    ...options,
    system,
    servers: await janusServers(system, target),
    placement: policy(target.placement),
    maxPacketRatePps: maxPacketRatePps ?? CLUSTER_DEFAULTS.maxPacketRatePps,
  });
}

/** The engines that the plan's participants need, each imported only then: they are the heavy parts. */
export async function createEngines(
  system: System,
  scenario: Scenario,
  plan: RunPlan,
  options: EngineOptions,
): Promise<readonly Engine[]> {
  const needed = new Set(plan.participants.map((participant) => participant.engine));
  const engines: Engine[] = [];
  if (needed.has('synthetic')) {
    const { createSyntheticEngine } = await import('../../participants/synthetic/index.ts');
    engines.push(createSyntheticEngine(system, options, { seed: plan.seed, ...scenario.synthetic }));
  }
  if (needed.has('browser')) {
    const { createBrowserEngine } = await import('../../participants/browser/index.ts');
    engines.push(createBrowserEngine(system, options, browserSettings(system, scenario, plan)));
  }
  return engines;
}
