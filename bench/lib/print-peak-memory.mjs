// Preloaded into a process that is measured: says at its end what it took at most (getrusage, kilobytes).
process.on('exit', () => process.stderr.write(`peak-rss-kb=${process.resourceUsage().maxRSS}\n`));
