import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { leftoversOf, type RunningCli, runCli, startCli, withFolder } from '../support/cli.ts';
import { publisher } from './support.ts';

/** `rtc-bench observe` as a user starts it: a process, real ports, real files. */

interface Addresses {
  websocket: string;
  rest: string;
  management: string;
}

async function start(args: readonly string[]): Promise<{ cli: RunningCli; at: Addresses }> {
  const cli = startCli(['observe', '--port', '0', '--management-port', '0', '--json', ...args]);
  await cli.output(/"management":".*"}\n/);
  const line =
    cli
      .text()
      .split('\n')
      .find((text) => text.startsWith('{')) ?? '';
  return { cli, at: JSON.parse(line) as Addresses };
}

const eventsIn = async (out: string): Promise<string[]> => {
  const rows = (await readFile(join(out, 'call-event.csv'), 'utf8')).trimEnd().split('\r\n').slice(1);
  return rows.map((row) => row.split(',')[2] ?? '');
};

async function send(address: string, samples: readonly object[]): Promise<void> {
  const socket = new WebSocket(`${address}/svc/unit`);
  await once(socket, 'open');
  for (const sample of samples) socket.send(JSON.stringify({ clientSamples: [sample] }));
  socket.ping();
  await once(socket, 'pong');
  socket.terminate();
}

describe('rtc-bench observe', () => {
  it('writes what it found when it is interrupted, and leaves nothing behind', () =>
    withFolder(async (folder) => {
      const out = join(folder, 'reports');
      const { cli, at } = await start(['--out', out]);
      await send(at.websocket, [publisher('alice'), publisher('bob')]);
      expect((await fetch(`${at.management}/health`)).status).toBe(200);
      cli.child.kill('SIGINT');
      const { exitCode, stderr } = await cli.ended;
      expect(exitCode).toBe(130);
      expect(stderr).toContain('2 samples taken');
      expect(await eventsIn(out)).toEqual([
        'CALL_STARTED',
        'CLIENT_JOINED',
        'PEER_CONNECTION_OPENED',
        'MEDIA_TRACK_ADDED',
        'MEDIA_TRACK_ADDED',
        'CLIENT_JOINED',
        'PEER_CONNECTION_OPENED',
        'MEDIA_TRACK_ADDED',
        'MEDIA_TRACK_ADDED',
      ]);
      expect(await leftoversOf(cli.mark)).toEqual([]);
    }));

  it('takes its limits and sinks from a configuration', () =>
    withFolder(async (folder) => {
      const config = join(folder, 'observer.yaml');
      const limits = 'callMaxIdleTimeInS: 3, clientsMaxIdle: 3, peerConnectionsMaxIdle: 3';
      const lines = [
        'observer:',
        `  repository: {${limits}, inboundTracksMaxIdle: 3, outboundTracksMaxIdle: 3}`,
        '  sinks:',
        `    Only: {type: FileSink, config: {directory: ${join(folder, 'only')}, encodingType: JSON}, reports: {sendCallEvents: false}}`,
      ];
      await writeFile(config, lines.join('\n'));
      const { cli, at } = await start(['--out', join(folder, 'all'), '--config', config]);
      await send(at.websocket, [publisher('alice')]);
      const events = () => eventsIn(join(folder, 'all'));
      await expect.poll(events, { timeout: 15_000 }).toContain('CALL_ENDED');
      cli.child.kill('SIGTERM');
      expect((await cli.ended).exitCode).toBe(143);
      expect((await events()).slice(-4)).toEqual([
        'MEDIA_TRACK_REMOVED',
        'PEER_CONNECTION_CLOSED',
        'CLIENT_LEFT',
        'CALL_ENDED',
      ]);
      const tracks = await readFile(join(folder, 'only', 'outbound-audio-track.ndjson'), 'utf8');
      expect(JSON.parse(tracks)).toMatchObject({
        type: 'OUTBOUND_AUDIO_TRACK',
        payload: { clientId: 'alice' },
      });
      await expect(stat(join(folder, 'only', 'call-event.ndjson'))).rejects.toThrow('ENOENT');
    }));

  it('starts nothing with a configuration that is wrong', () =>
    withFolder(async (folder) => {
      const config = join(folder, 'observer.yaml');
      await writeFile(config, 'observer:\n  sinkz: {}\n');
      const { exitCode, stderr } = await runCli(['observe', '--port', '0', '--config', config]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('observer.yaml:2:3: unknown key "sinkz"');
      expect(stderr).toContain('did you mean "sinks"?');
    }));

  it('says which port is taken', () =>
    withFolder(async (folder) => {
      const { cli, at } = await start(['--out', folder]);
      const { port } = new URL(at.rest);
      const second = await runCli([
        'observe',
        '--port',
        port,
        '--management-port',
        '0',
        '--out',
        join(folder, 'b'),
      ]);
      expect(second.exitCode).toBe(3);
      expect(second.stderr).toContain(`cannot listen on 127.0.0.1:${port}`);
      cli.child.kill('SIGTERM');
      await cli.ended;
    }));

  it('lets in only who shows the token', () =>
    withFolder(async (folder) => {
      const { cli, at } = await start(['--out', folder, '--token', 'let-me-in']);
      const post = (query: string) =>
        fetch(`${at.rest}/svc/unit${query}`, {
          method: 'POST',
          body: JSON.stringify({ clientSamples: [publisher('a')] }),
        });
      expect([(await post('')).status, (await post('?token=let-me-in')).status]).toEqual([401, 200]);
      cli.child.kill('SIGTERM');
      await cli.ended;
    }));
});
