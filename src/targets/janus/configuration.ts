import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FoundJanus } from '../../setup/find-janus.ts';

export interface JanusConfiguration {
  /** Where the files are written to, and read from by Janus. */
  folder: string;
  janus: FoundJanus;
  /** The one address for media. Janus itself leaves loopback interfaces out. */
  mediaAddress: string;
  /** UDP ports, one for each connection of a participant. */
  rtpPorts: { first: number; last: number };
  webSocketPort: number;
  httpPort: number;
  adminPort: number;
  adminSecret: string;
}

/** APIs only: media go over the address that `ice_enforce_list` names. */
const API_ADDRESS = '127.0.0.1';
const SESSION_TIMEOUT_S = 60;

/** Everything that is not used and could be left out or listen; a name that is not installed does no harm. */
const UNUSED_PLUGINS = [
  'audiobridge',
  'duktape',
  'echotest',
  'lua',
  'nosip',
  'recordplay',
  'sip',
  'streaming',
  'textroom',
  'videocall',
  'voicemail',
];
const UNUSED_TRANSPORTS = ['mqtt', 'nanomsg', 'pfunix', 'rabbitmq'];

/** Writes a configuration of our own: no file of the host's Janus is read or changed. */
export function writeConfiguration(configuration: JanusConfiguration): void {
  const { folder } = configuration;
  for (const [name, text] of Object.entries(filesOf(configuration))) {
    // The secret is in one of them.
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
}

function filesOf(configuration: JanusConfiguration): Record<string, string> {
  const { folder, janus, mediaAddress, rtpPorts, webSocketPort, httpPort, adminPort, adminSecret } =
    configuration;
  const libraries = (names: readonly string[]) => names.map((name) => `libjanus_${name}.so`).join(',');
  return {
    'janus.jcfg': settings({
      general: {
        configs_folder: folder,
        plugins_folder: join(janus.libraryFolder, 'plugins'),
        transports_folder: join(janus.libraryFolder, 'transports'),
        events_folder: join(janus.libraryFolder, 'events'),
        loggers_folder: join(janus.libraryFolder, 'loggers'),
        debug_level: 3,
        admin_secret: adminSecret,
        session_timeout: SESSION_TIMEOUT_S,
      },
      media: { rtp_port_range: `${rtpPorts.first}-${rtpPorts.last}`, ipv6: false },
      nat: { ice_enforce_list: mediaAddress, ice_lite: true, full_trickle: true, ignore_mdns: true },
      plugins: { disable: libraries(UNUSED_PLUGINS) },
      transports: { disable: libraries(UNUSED_TRANSPORTS) },
      events: { broadcast: false },
    }),
    'janus.transport.http.jcfg': settings({
      general: {
        json: 'compact',
        base_path: '/janus',
        http: true,
        port: httpPort,
        ip: API_ADDRESS,
        https: false,
      },
      admin: {
        admin_base_path: '/admin',
        admin_http: true,
        admin_port: adminPort,
        admin_ip: API_ADDRESS,
        admin_https: false,
      },
    }),
    'janus.transport.websockets.jcfg': settings({
      general: { json: 'compact', ws: true, ws_port: webSocketPort, ws_ip: API_ADDRESS, wss: false },
      admin: { admin_ws: false, admin_wss: false },
    }),
    'janus.plugin.videoroom.jcfg': settings({ general: {} }),
  };
}

type Settings = Record<string, Record<string, string | number | boolean>>;

/** libconfig's syntax, of which a JSON text is a good part. */
function settings(groups: Settings): string {
  const lines = Object.entries(groups).map(([group, values]) => {
    const fields = Object.entries(values).map(([name, value]) => `  ${name} = ${JSON.stringify(value)}`);
    return `${group}: {\n${fields.join('\n')}\n}\n`;
  });
  return lines.join('');
}
