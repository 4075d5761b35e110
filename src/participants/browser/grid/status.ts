import { z } from 'zod';

/** What `GET /status` of a Selenium Grid 4 says that matters here; everything else it says is let through unread. */
const STATUS = z.object({
  value: z.object({
    ready: z.boolean(),
    nodes: z.array(
      z.object({
        availability: z.string(),
        maxSessions: z.number(),
        version: z.string().optional(),
        slots: z.array(
          z.object({
            stereotype: z.object({ browserName: z.string() }),
            session: z
              .object({ sessionId: z.string(), capabilities: z.record(z.string(), z.unknown()) })
              .nullable(),
          }),
        ),
      }),
    ),
  }),
});

export interface GridStatus {
  ready: boolean;
  nodes: {
    up: boolean;
    maxSessions: number;
    /** `null`: the slot is free. */
    slots: { browserName: string; session: { id: string; name: string } | null }[];
  }[];
}

/** null: it is no Selenium Grid 4 that answers; a hub such as AWS Device Farm tells nothing of its slots. */
export function parseGridStatus(document: unknown): GridStatus | null {
  const parsed = STATUS.safeParse(document);
  if (!parsed.success) return null;
  const { ready, nodes } = parsed.data.value;
  return {
    ready,
    nodes: nodes.map(({ availability, maxSessions, slots }) => ({
      up: availability === 'UP',
      maxSessions,
      slots: slots.map(({ stereotype, session }) => ({
        browserName: stereotype.browserName,
        session:
          session === null ? null : { id: session.sessionId, name: nameOf(session.capabilities['se:name']) },
      })),
    })),
  };
}

function nameOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Sessions of this browser that could begin now: a node with slots of several browsers has room for fewer at once. */
export function freeSlots(status: GridStatus, browserName: string): number {
  return status.nodes
    .filter(({ up }) => up)
    .map(({ maxSessions, slots }) => {
      const used = slots.filter(({ session }) => session !== null).length;
      const free = slots.filter((slot) => slot.session === null && slot.browserName === browserName).length;
      return Math.max(0, Math.min(free, maxSessions - used));
    })
    .reduce((sum, free) => sum + free, 0);
}

export function sessionsOf(status: GridStatus): { id: string; name: string }[] {
  return status.nodes.flatMap(({ slots }) => slots.flatMap(({ session }) => session ?? []));
}
