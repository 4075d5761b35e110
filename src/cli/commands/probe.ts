import { type Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import type { CompareFlags, ImportFlags } from '../probe/import-command.ts';
import type { ServeFlags } from '../probe/serve-command.ts';
import type { UdpFlags } from '../probe/udp-command.ts';

const EXAMPLE = `
Examples:
  $ rtc-bench probe udp                                    what this host's loopback carries
  $ rtc-bench probe serve --listen 10.0.0.5                on the other host (loopback unless told)
  $ rtc-bench probe udp --server 10.0.0.5:45678 --rate 20000 --out a.json
  $ rtc-bench probe udp --server 10.0.0.5:45678 --shape video --find-max
  $ rtc-bench probe import iperf.txt --json | jq .estimatedSessions
  $ rtc-bench probe compare physical.json virtual.json

See docs/probe.md.`;

export function registerProbe(program: Command, context: CliContext): void {
  const probe = program
    .command('probe')
    .description('measure what a UDP path carries: throughput, packet rate, loss, jitter, sessions')
    .addHelpText('after', EXAMPLE);
  registerUdp(probe, context);
  registerImport(probe, context);
  registerServe(probe, context);
  probe
    .command('compare')
    .description('two saved probes side by side: physical and virtual, host and container')
    .argument('<a>', 'saved with --out, or an iperf output')
    .argument('<b>', 'the same of the other')
    .option('--svg <file>', 'write the chart')
    .option('--json', 'print the comparison as JSON', false)
    .addHelpText(
      'after',
      '\nExample:\n  $ rtc-bench probe compare host.json container.json --svg throughput.svg',
    )
    .action(async (a: string, b: string, flags: CompareFlags) => {
      const { compareFiles } = await import('../probe/import-command.ts');
      await compareFiles(context, a, b, flags);
    });
}

function registerUdp(probe: Command, context: CliContext): void {
  probe
    .command('udp')
    .description('send packets over a path and count what arrives, per second and in total')
    .addOption(
      new Option('--prober <name>', 'builtin needs nothing installed')
        .choices(['builtin', 'iperf3'])
        .default('builtin'),
    )
    .option(
      '--server <host:port>',
      '`rtc-bench probe serve` or `iperf3 -s` there (default: both ends on this host)',
    )
    .option('--duration <s>', 'seconds (default: 5; of a --find-max trial 2)')
    .addOption(
      new Option(
        '--shape <name>',
        'constant: --size at --rate; audio: 100 bytes evenly; video: 1200 bytes in frame bursts; mix: both',
      )
        .choices(['constant', 'audio', 'video', 'mix'])
        .default('constant'),
    )
    .option('--size <bytes>', 'UDP payload of a packet, with --shape constant', '100')
    .option(
      '--rate <pps>',
      'packets a second over all flows, e.g. 50000, 50k or max (default: max on this host, 10k to another, 10k for other shapes)',
    )
    .option('--flows <n>', 'flows, each from a port of its own', '1')
    .option(
      '--find-max',
      'search the highest rate within the loss bound (RFC 2544); --rate is then the ceiling',
      false,
    )
    .option('--loss-bound <ratio>', 'loss that --find-max accepts, 0 to 1', '0.001')
    .option('--repeat <n>', 'how often --find-max searches; the spread is told', '3')
    .option('--buffer <bytes>', 'receive buffer asked for, e.g. 4M (default: 4M; the kernel may grant less)')
    .option('--session-bitrate <bps>', 'payload of one session, for the estimate', '40000')
    .option('--label <name>', 'name it for comparisons')
    .option('--out <file>', 'save the result document')
    .option('--csv <file>', 'write a row per second')
    .option('--svg <file>', 'write the chart')
    .option('--html <file>', 'write a page with figures and charts')
    .option('--json', 'print the result document on stdout', false)
    .addHelpText(
      'after',
      '\nExample:\n  $ rtc-bench probe udp --size 1200 --rate 20k --flows 4 --duration 10',
    )
    .action(async (flags: UdpFlags) => {
      const { probeUdp } = await import('../probe/udp-command.ts');
      await probeUdp(context, flags);
    });
}

function registerImport(probe: Command, context: CliContext): void {
  probe
    .command('import')
    .description('read an earlier run: JSON or JSON stream of iperf3, text of iperf2 or iperf3')
    .argument('<file>', "iperf's output; - for stdin")
    .option('--session-bitrate <bps>', 'payload of one session, for the estimate', '40000')
    .option('--label <name>', 'name it for comparisons')
    .option('--out <file>', 'save the result document')
    .option('--csv <file>', 'write a row per interval')
    .option('--json', 'print the result document on stdout', false)
    .addHelpText(
      'after',
      '\nExample:\n  $ iperf -c 10.0.0.5 -u -l 100 -b 1000M > run.txt; rtc-bench probe import run.txt',
    )
    .action(async (file: string, flags: ImportFlags) => {
      const { importFile } = await import('../probe/import-command.ts');
      await importFile(context, file, flags);
    });
}

function registerServe(probe: Command, context: CliContext): void {
  probe
    .command('serve')
    .description('be the receiving end for `probe udp --server`; TCP and UDP on one port')
    .option('--listen <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', '0: the system chooses', '45678')
    .option('--max-duration <s>', 'longest session', '60')
    .option('--max-rate <pps>', 'packets a second that a session may send', '500k')
    .option('--stop-after <s>', 'end the server after so long (default: when it is interrupted)')
    .option('--json', 'print where it listens as one JSON line on stdout', false)
    .addHelpText(
      'after',
      `
Example:
  $ rtc-bench probe serve --listen 10.0.0.5 --max-rate 100k

It measures for one client at a time, counts only packets with that session's random token, never answers a
packet, and never writes more than came in. It has no password: open it to trusted networks only.`,
    )
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('../probe/serve-command.ts');
      await serve(context, flags);
    });
}
