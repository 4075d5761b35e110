import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorMessage, usageError } from '../errors.ts';
import { safeText } from '../system/safe-text.ts';
import type { System } from '../system/types.ts';
import { accessTokens, evaluationSettings, obfuscationSettings } from './config/apply.ts';
import { defaultConfig, MAX_CONFIG_BYTES, type ReadConfig, readConfig } from './config/read.ts';
import { createObserver, fileRoute } from './index.ts';
import type { Observer } from './observer.ts';
import { type RunningServer, serve } from './server/serve.ts';
import { createRoutes } from './sinks/open.ts';
import type { SinkRoute } from './sinks/route.ts';

export interface ServiceOptions {
  configFile: string | null;
  /** Folder of the report files; null: only the sinks of the configuration. */
  outDirectory: string | null;
  fileEncoding: 'csv' | 'json';
  host: string;
  /** null: the configuration's, else upstream's 7080 and 7081. 0: a free one. */
  port: number | null;
  managementPort: number | null;
  /** Besides those of the configuration. */
  token: string | null;
}

export interface ObserverService {
  readonly observer: Observer;
  readonly routes: readonly SinkRoute[];
  readonly host: string;
  readonly port: number;
  readonly managementPort: number;
  /** Takes no more samples, evaluates what came and gives the sinks their drain time. */
  close(): Promise<void>;
}

const DEFAULT_PORT = 7080;
const DEFAULT_MANAGEMENT_PORT = 7081;

async function loadConfig(file: string | null, cwd: string): Promise<ReadConfig> {
  if (file === null) return { config: defaultConfig(), withoutEffect: [] };
  let text: string;
  try {
    const path = resolve(cwd, file);
    if ((await stat(path)).size > MAX_CONFIG_BYTES) throw new Error(`larger than ${MAX_CONFIG_BYTES} bytes`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw usageError('RTCB_OBSERVER_CONFIG', `cannot read ${file}: ${errorMessage(error)}`);
  }
  return readConfig(text, file);
}

/** The observer as a service: configuration, sinks, evaluation and the two ports, wired together. */
export async function startService(system: System, options: ServiceOptions): Promise<ObserverService> {
  const { config, withoutEffect } = await loadConfig(options.configFile, system.cwd);
  const say = (line: string): void => system.stderr.write(`observer: ${safeText(line)}\n`);
  if (withoutEffect.length > 0) say(`without effect here: ${withoutEffect.join(', ')}`);
  const onTrouble = (name: string, message: string): void => say(`sink ${name}: ${message}`);
  const { clock } = system;
  const routes = createRoutes(config, { clock, log: system.stderr, env: system.env, onTrouble });
  if (options.outDirectory !== null) {
    const directory = resolve(system.cwd, options.outDirectory);
    routes.push(fileRoute(directory, clock, { file: { encoding: options.fileEncoding }, onTrouble }));
  }
  const obfuscation = obfuscationSettings(config);
  const collector = config.observer.buffers.samplesCollector;
  const observer = createObserver({
    clock,
    sinks: routes,
    settings: evaluationSettings(config),
    collector: { maxItems: collector.maxItems, maxTimeMs: collector.maxTimeInMs },
    ...(obfuscation === null ? {} : { obfuscation }),
  });
  const tokens = accessTokens(config);
  if (options.token !== null) tokens.push({ token: options.token, expiresAtMs: null, maxWebsockets: null });
  let server: RunningServer;
  try {
    await observer.prepare();
    server = await serve({
      observer,
      clock,
      routes,
      host: options.host,
      port: options.port ?? config.micronaut.server.port ?? DEFAULT_PORT,
      managementPort: options.managementPort ?? config.endpoints.all.port ?? DEFAULT_MANAGEMENT_PORT,
      tokens,
      rest: config.observer.sources.rest.enabled,
      websocket: config.observer.sources.websocket.enabled,
      health: config.endpoints.health.enabled,
      metrics: config.endpoints.prometheus.enabled,
      metricsPrefix: config.observer.metrics.prefix,
      onError: (error) => say(`internal error: ${errorMessage(error)}`),
    });
  } catch (error) {
    await observer.close();
    throw error;
  }
  observer.start();
  return {
    observer,
    routes,
    host: options.host,
    port: server.port,
    managementPort: server.managementPort,
    async close() {
      await server.close();
      await observer.close();
    },
  };
}
