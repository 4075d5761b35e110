import * as upstream from '@observertc/schemas';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPORT_COLUMNS } from '../../src/observer/reports/columns.ts';
import { checkSchemaVersion, SampleDecoders, sampleFormat } from '../../src/observer/schema/decode.ts';
import { createProtobufCodec } from '../../src/observer/schema/protobuf.ts';
import { SampleError, type Samples, samples } from '../../src/observer/schema/samples.ts';
import type { MessageSpec } from '../../src/observer/schema/spec.ts';
import { publisher } from './support.ts';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const decode = async (value: unknown, format: 'json' | 'protobuf' = 'json'): Promise<Samples> => {
  const decoder = await new SampleDecoders().forFormat(format);
  return decoder.decode(value instanceof Uint8Array ? value : json(value));
};

interface UpstreamType {
  fields: Record<string, { id: number; type: string; rule?: string }>;
  nested?: Record<string, UpstreamType>;
}

describe('our tables beside the published schemas', () => {
  it('have upstream’s fields, tags, types and rules', () => {
    const lookup = (scope: UpstreamType[], name: string): UpstreamType | undefined =>
      scope.map((type) => type.nested?.[name]).find((type) => type !== undefined);
    const compare = (ours: MessageSpec, theirs: UpstreamType, scope: UpstreamType[]): void => {
      expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs.fields).toSorted());
      for (const [name, [tag, type, rule]] of Object.entries(ours)) {
        const field = theirs.fields[name];
        expect([name, tag, rule]).toEqual([name, field?.id, field?.rule]);
        if (typeof type === 'string') expect([name, type]).toEqual([name, field?.type]);
        else {
          const inner = lookup(scope, field?.type ?? '');
          expect(inner, name).toBeDefined();
          if (inner !== undefined) compare(type, inner, [inner, ...scope]);
        }
      }
    };
    let root = upstream.ProtobufSamplesJson as unknown as UpstreamType;
    for (const step of ['org', 'observertc', 'schemas', 'protobuf', 'Samples']) {
      root = root.nested?.[step] ?? root;
    }
    compare(samples, root, [root]);
  });

  it('have upstream’s CSV columns in upstream’s order', () => {
    const headers: Record<keyof typeof REPORT_COLUMNS, readonly string[]> = {
      'observer-event': upstream.CsvHeaderObserverEventReport,
      'call-event': upstream.CsvHeaderCallEventReport,
      'call-meta-data': upstream.CsvHeaderCallMetaReport,
      'client-extension-data': upstream.CsvHeaderClientExtensionReport,
      'peer-connection-transport': upstream.CsvHeaderPeerConnectionTransportReport,
      'ice-candidate-pair': upstream.CsvHeaderIceCandidatePairReport,
      'peer-connection-data-channel': upstream.CsvHeaderClientDataChannelReport,
      'inbound-audio-track': upstream.CsvHeaderInboundAudioTrackReport,
      'inbound-video-track': upstream.CsvHeaderInboundVideoTrackReport,
      'outbound-audio-track': upstream.CsvHeaderOutboundAudioTrackReport,
      'outbound-video-track': upstream.CsvHeaderOutboundVideoTrackReport,
      'sfu-event': upstream.CsvHeaderSfuEventReport,
      'sfu-meta-data': upstream.CsvHeaderSfuMetaReport,
      'sfu-extension-data': upstream.CsvHeaderSfuExtensionReport,
      'sfu-transport': upstream.CsvHeaderSFUTransportReport,
      'sfu-inbound-rtp-pad': upstream.CsvHeaderSfuInboundRtpPadReport,
      'sfu-outbound-rtp-pad': upstream.CsvHeaderSfuOutboundRtpPadReport,
      'sfu-sctp-stream': upstream.CsvHeaderSfuSctpStreamReport,
    };
    for (const [type, header] of Object.entries(headers)) {
      // Upstream's constants have blanks before the names.
      expect(REPORT_COLUMNS[type as keyof typeof headers], type).toEqual(header.map((name) => name.trim()));
    }
  });
});

describe('JSON', () => {
  it('accepts a sample and leaves unknown fields alone', async () => {
    const sample = { ...publisher('alice'), somethingNew: { deep: [1] } };
    const decoded = await decode({ clientSamples: [sample], future: true });
    expect(decoded.clientSamples?.[0]).toMatchObject({ clientId: 'alice', roomId: 'room' });
  });

  it('puts right what upstream’s reader puts right too', async () => {
    const decoded = await decode({
      clientSamples: [
        { clientId: 7, roomId: 'room', timestamp: '1000', userId: null, codecs: [{ payloadType: 96 }] },
      ],
    });
    expect(decoded.clientSamples?.[0]).toEqual({
      clientId: '7',
      roomId: 'room',
      timestamp: 1000,
      codecs: [{ payloadType: '96' }],
    });
  });

  it('puts right every field of every message, however deep', async () => {
    const quoted = { string: 7, bool: 'true', int32: '12', int64: '12', double: '1.5' } as const;
    const right = { string: '7', bool: true, int32: 12, int64: 12, double: 1.5 } as const;
    type Table = typeof quoted | typeof right;
    const build = (spec: MessageSpec, leaves: Table): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(spec).map(([name, [, type, rule]]) => {
          const value = typeof type === 'string' ? leaves[type] : build(type, leaves);
          return [name, rule === 'repeated' ? [value] : value];
        }),
      );
    const expected = build(samples, right);
    expect(await decode(build(samples, quoted))).toEqual(expected);
    // One field at a time, so that none hides behind another.
    const oneWrong = async (spec: MessageSpec, wrap: (message: object) => object): Promise<void> => {
      for (const [name, [, type, rule]] of Object.entries(spec)) {
        const list = (value: unknown): unknown => (rule === 'repeated' ? [value] : value);
        const rightMessage = build(spec, right);
        if (typeof type === 'string') {
          const message = wrap({ ...rightMessage, [name]: list(quoted[type]) });
          expect(await decode(message), name).toEqual(wrap(rightMessage));
        } else await oneWrong(type, (inner) => wrap({ ...rightMessage, [name]: list(inner) }));
      }
    };
    await oneWrong(samples, (message) => message);
  });

  it.each([
    ['not json', Buffer.from('{"clientSamples": ['), 'not JSON'],
    ['a list', json([]), 'Samples is not an object'],
    [
      'no client id',
      json({ clientSamples: [{ roomId: 'r', timestamp: 1 }] }),
      'clientSamples[0].clientId is missing',
    ],
    [
      'no room',
      json({ clientSamples: [{ clientId: 'a', timestamp: 1 }] }),
      'clientSamples[0].roomId is missing',
    ],
    [
      'no time',
      json({ clientSamples: [{ clientId: 'a', roomId: 'r' }] }),
      'clientSamples[0].timestamp is missing',
    ],
    ['no SFU id', json({ sfuSamples: [{ timestamp: 1, sfuId: '' }] }), 'sfuSamples[0].sfuId is missing'],
    [
      'a word for a number',
      json({
        clientSamples: [{ clientId: 'a', roomId: 'r', timestamp: 1, inboundAudioTracks: [{ ssrc: 'x' }] }],
      }),
      'Samples.clientSamples[0].inboundAudioTracks[0].ssrc is not a number',
    ],
    ['a map for a list', json({ clientSamples: {} }), 'Samples.clientSamples is not a list'],
  ])('refuses %s', async (_, bytes, message) => {
    const failure = await decode(bytes).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SampleError);
    expect((failure as Error).message).toContain(message);
  });

  it('survives any JSON', async () => {
    const decoder = await new SampleDecoders().forFormat('json');
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          decoder.decode(Buffer.from(`{"clientSamples": [${text}], "sfuSamples": ${text}}`));
        } catch (error) {
          expect(error).toBeInstanceOf(SampleError);
        }
      }),
    );
  });
});

describe('protobuf', () => {
  it('says the same as JSON', async () => {
    const codec = await createProtobufCodec();
    const message: Samples = {
      clientSamples: [{ ...publisher('alice'), sampleSeq: 3, os: { name: 'linux' }, localSDPs: ['a', 'b'] }],
      sfuSamples: [{ sfuId: 'sfu', timestamp: 5, transports: [{ transportId: 't', internal: true }] }],
      controls: { close: true },
    };
    expect(await decode(codec.encode(message), 'protobuf')).toEqual(await decode(message));
  });

  it('refuses half a message, at whichever byte it ends', async () => {
    const codec = await createProtobufCodec();
    const whole = codec.encode({ clientSamples: [publisher('alice')] });
    const decoder = await new SampleDecoders().forFormat('protobuf');
    for (let length = 1; length < whole.length; length += 1) {
      expect(() => decoder.decode(whole.subarray(0, length)), `${length} bytes`).toThrow(SampleError);
    }
    expect(decoder.decode(whole).clientSamples).toHaveLength(1);
  });

  it('keeps counters beyond 32 bits', async () => {
    const codec = await createProtobufCodec();
    const timestamp = 1_795_245_576_480;
    const bytes = codec.encode({ sfuSamples: [{ sfuId: 's', timestamp }] });
    expect((await decode(bytes, 'protobuf')).sfuSamples?.[0]?.timestamp).toBe(timestamp);
  });
});

describe('the address', () => {
  it.each(['2.2.0', '2.1.0', '2.1.9', null])('takes version %s', (version) => {
    expect(() => checkSchemaVersion(version)).not.toThrow();
  });
  it.each(['3.0.0', '2.1.10', '2.2', 'latest', '2.2.0-beta', ''])('refuses version %j', (version) => {
    expect(() => checkSchemaVersion(version)).toThrow(SampleError);
  });
  it('takes formats in any case, and JSON for what it does not know', () => {
    expect(['JSON', 'Protobuf', 'something', null].map(sampleFormat)).toEqual([
      'json',
      'protobuf',
      'json',
      'json',
    ]);
    expect(() => sampleFormat('avro')).toThrow(SampleError);
  });
});
