import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { TuneFlags } from '../probe/tune-command.ts';

const EXAMPLE = `
Examples:
  $ rtc-bench tune udp-buffers                             what this host needs, in under a minute
  $ rtc-bench tune udp-buffers --rate 40k --pause 100      for a busier bridge that stalls for 100 ms
  $ rtc-bench tune udp-buffers --server 10.0.0.5:45678     the other host's, over the network between
  $ sudo rtc-bench tune udp-buffers --apply                write and load the settings, then sweep again
  $ sudo rtc-bench tune udp-buffers --revert               restore what was before

It loads this host's loopback, or the network to --server, at --rate while it sweeps. See docs/tune.md.`;

export function registerTune(program: Command, context: CliContext): void {
  const tune = program
    .command('tune')
    .description('find the kernel settings that stop a host from dropping packets');
  tune
    .command('udp-buffers')
    .description('the smallest UDP buffer that holds the bursts of an SFU, and the lines that set it')
    .option(
      '--server <host:port>',
      'sweep the receive buffers of the host with `rtc-bench probe serve` (default: both ends on this host)',
    )
    .option('--rate <pps>', 'packets a second into one socket', '20k')
    .option('--size <bytes>', 'UDP payload of a packet', '1200')
    .option('--senders <n>', 'senders into the socket, each with frames and key frames of its own', '32')
    .option('--pause <ms>', 'the receiver reads nothing for so long', '50')
    .option('--pause-every <ms>', 'so often', '500')
    .option('--trial <s>', 'length of one trial', '2')
    .option('--margin <ratio>', 'on top of the smallest size that held', '1.5')
    .option('--sockets <n>', 'sockets of that size, for the memory that it can cost', '1')
    .option('--apply', 'as root: write a sysctl.d file, load it, sweep again', false)
    .option('--revert', 'as root: restore the values from before --apply and remove the file', false)
    .option('--drop-in <file>', 'the file that --apply writes', '/etc/sysctl.d/60-rtc-bench-udp.conf')
    .option(
      '--out <dir>',
      'folder for tune.json, tune.csv and report.html, or a file ending in .json (default: reports/udp-buffers-TIME; with --json none)',
    )
    .option('--svg <file>', 'write the chart')
    .option('--html <file>', 'write the page')
    .option('--json', 'print the result document on stdout', false)
    .addHelpText('after', EXAMPLE)
    .action(async (flags: TuneFlags) => {
      const { tuneCommand } = await import('../probe/tune-command.ts');
      await tuneCommand(context, flags);
    });
}
