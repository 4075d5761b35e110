import { z } from 'zod';
import type { SignallingMethod } from './protocol.ts';

/**
 * The shape of what participants may ask. Parameters of the media themselves are checked by mediasoup, which
 * knows them best; here it is only made sure that they are objects of sane size, the size being bounded by the
 * WebSocket's message limit.
 */
const id = z.string().min(1).max(100);
const mediaObject = z.looseObject({});
const none = z.object({});
const consumer = z.object({ consumerId: id });
const producer = z.object({ producerId: id });

export const REQUEST_PARAMS = {
  join: none,
  createTransport: z.object({ direction: z.enum(['send', 'recv']) }),
  connectTransport: z.object({ transportId: id, dtlsParameters: mediaObject }),
  produce: z.object({
    transportId: id,
    kind: z.enum(['audio', 'video']),
    source: z.enum(['microphone', 'camera', 'screen']),
    rtpParameters: mediaObject,
  }),
  pauseProducer: producer,
  resumeProducer: producer,
  closeProducer: producer,
  consume: z.object({ transportId: id, producerId: id, rtpCapabilities: mediaObject }),
  resumeConsumer: consumer,
  pauseConsumer: consumer,
  closeConsumer: consumer,
  setPreferredLayers: z.object({
    consumerId: id,
    spatialLayer: z.int().min(0).max(7),
    temporalLayer: z.int().min(0).max(7).optional(),
  }),
  requestKeyFrame: consumer,
  leave: none,
} as const satisfies Record<SignallingMethod, z.ZodType>;

export const REQUEST = z.object({
  id: z.int().min(0),
  method: z.enum(Object.keys(REQUEST_PARAMS) as [SignallingMethod, ...SignallingMethod[]]),
  params: z.unknown(),
});
