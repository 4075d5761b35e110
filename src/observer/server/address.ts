import { checkSchemaVersion, type SampleFormat, sampleFormat } from '../schema/decode.ts';
import { SampleError } from '../schema/samples.ts';

/** What the address of a request says. */
export interface SampleAddress {
  serviceId: string;
  mediaUnitId: string;
  format: SampleFormat;
}

const REST_PATH = /^\/rest\/samples\/([^/]+)\/([^/]+)\/?$/;
const WEBSOCKET_PATH = /^\/samples\/([^/]+)\/([^/]+)\/?$/;

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new SampleError('the address is not valid percent-encoding');
  }
}

/** null: that path is not one of samples. Throws SampleError for a version or format that cannot be read. */
export function sampleAddress(kind: 'rest' | 'websocket', url: URL): SampleAddress | null {
  const match = (kind === 'rest' ? REST_PATH : WEBSOCKET_PATH).exec(url.pathname);
  if (match === null) return null;
  const [, serviceId = '', mediaUnitId = ''] = match;
  checkSchemaVersion(url.searchParams.get('schemaVersion'));
  return {
    serviceId: decodeSegment(serviceId),
    mediaUnitId: decodeSegment(mediaUnitId),
    format: sampleFormat(url.searchParams.get('format')),
  };
}
