import { createChecker } from './check.ts';
import { createProtobufCodec, type ProtobufCodec } from './protobuf.ts';
import { SampleError, type Samples, SUPPORTED_SCHEMA_VERSIONS, samples } from './samples.ts';

export type SampleFormat = 'json' | 'protobuf';

/** `format` of the address, without regard to case; what upstream does not know, it reads as JSON. */
export function sampleFormat(name: string | null): SampleFormat {
  const lower = name?.toLowerCase() ?? 'json';
  if (lower === 'avro' || lower === 'none')
    throw new SampleError(`format ${lower} cannot be read: send json`);
  return lower === 'protobuf' ? 'protobuf' : 'json';
}

/** Throws SampleError unless that version of the schemas can be read; null is the newest. */
export function checkSchemaVersion(version: string | null): void {
  if (version === null || SUPPORTED_SCHEMA_VERSIONS.includes(version)) return;
  throw new SampleError(`schemaVersion is none of 2.1.0 to 2.1.9 and 2.2.0`);
}

export interface SampleDecoder {
  /** Throws SampleError, whose message names the field. */
  decode(bytes: Uint8Array): Samples;
}

const checkSamples = createChecker('Samples', samples);

function checkIdentities(message: Samples): Samples {
  for (const [index, sample] of (message.clientSamples ?? []).entries()) {
    const missing = sample.clientId === '' ? 'clientId' : !sample.roomId ? 'roomId' : null;
    if (missing !== null) throw new SampleError(`Samples.clientSamples[${index}].${missing} is missing`);
  }
  for (const [index, sample] of (message.sfuSamples ?? []).entries()) {
    if (sample.sfuId === '') throw new SampleError(`Samples.sfuSamples[${index}].sfuId is missing`);
  }
  return message;
}

function decodeJson(bytes: Uint8Array): Samples {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    throw new SampleError('not JSON');
  }
  return checkIdentities(checkSamples(parsed));
}

/** Decoders by format; JSON at once, protobuf when first asked for. One for a server. */
export class SampleDecoders {
  #protobuf: Promise<ProtobufCodec> | undefined;

  async forFormat(format: SampleFormat): Promise<SampleDecoder> {
    if (format === 'json') return { decode: decodeJson };
    this.#protobuf ??= createProtobufCodec();
    const codec = await this.#protobuf;
    return { decode: (bytes) => checkIdentities(checkSamples(codec.decode(bytes))) };
  }
}
