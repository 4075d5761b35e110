/** Names that Chromium calls by itself; a load generator has nothing to say to them. */
const FOREIGN_HOSTS = [
  'google.com',
  'googleapis.com',
  'gstatic.com',
  'gvt1.com',
  'googleusercontent.com',
  'chromium.org',
];

/**
 * What Chromium needs to carry many participants that nobody looks at, beside puppeteer's own arguments and those
 * that `findChromium` found this host to need.
 */
export function chromiumArguments(): string[] {
  return [
    '--autoplay-policy=no-user-gesture-required',
    // A page in the background must paint, speak and measure as one in front.
    '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding',
    '--disable-backgrounding-occluded-windows',
    '--disable-gpu',
    '--mute-audio',
    // QUIC, updates, reports: nothing that is not the load.
    '--disable-quic',
    '--disable-component-update',
    '--disable-domain-reliability',
    '--no-pings',
    '--no-default-browser-check',
    `--host-resolver-rules=${FOREIGN_HOSTS.map((host) => `MAP ${host} ~NOTFOUND, MAP *.${host} ~NOTFOUND`).join(', ')}`,
  ];
}
