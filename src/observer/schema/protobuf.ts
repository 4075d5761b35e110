import type { INamespace, IType, Type } from 'protobufjs';
import { SampleError, type Samples, samples } from './samples.ts';
import type { MessageSpec } from './spec.ts';

/** A nested message a field: names need not be upstream's, only tags and types are on the wire. */
function descriptor(spec: MessageSpec): IType {
  const fields: IType['fields'] = {};
  const nested: Record<string, IType> = {};
  for (const [name, [id, type, rule]] of Object.entries(spec)) {
    const typeName = typeof type === 'string' ? type : `${name[0]?.toUpperCase()}${name.slice(1)}`;
    if (typeof type !== 'string') nested[typeName] = descriptor(type);
    // proto2 writes repeated fields unpacked.
    fields[name] = { id, type: typeName, ...(rule === undefined ? {} : { rule }) };
  }
  return { fields, nested };
}

async function samplesType(): Promise<Type> {
  const { default: protobuf } = await import('protobufjs');
  const root: INamespace = { nested: { Samples: descriptor(samples) } };
  return protobuf.Root.fromJSON(root).lookupType('Samples');
}

export interface ProtobufCodec {
  /** Throws SampleError for bytes that are not a whole `Samples`. */
  decode(bytes: Uint8Array): Samples;
  encode(message: Samples): Uint8Array;
}

/** The binary form of `Samples`, proto2. The library behind it is loaded here, by the first who needs it. */
export async function createProtobufCodec(): Promise<ProtobufCodec> {
  const type = await samplesType();
  return {
    decode(bytes) {
      try {
        // 64-bit counters beyond 2^53 lose their last digits, as they do in JSON.
        return type.toObject(type.decode(bytes), { longs: Number }) as Samples;
      } catch (error) {
        throw new SampleError(
          `not a protobuf Samples: ${error instanceof Error ? error.message : 'damaged'}`,
        );
      }
    },
    encode: (message) => type.encode(type.create(message)).finish(),
  };
}
