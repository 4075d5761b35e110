import { describe, expect, it } from 'vitest';
import { IceAgent, iceCredentials } from '../../../src/participants/synthetic/ice/agent.ts';
import {
  decodeStun,
  encodeAgain,
  encodeStun,
  StunType,
  stunKey,
} from '../../../src/participants/synthetic/ice/stun.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('STUN messages', () => {
  // RFC 5769, section 2.1.
  const sample = hex(`00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c
    69656e74 00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014
    9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf`);

  it('are read as in RFC 5769', () => {
    const message = decodeStun(sample);
    expect(message).toMatchObject({
      type: StunType.bindingRequest,
      username: 'evtj:h6vY',
      priority: 0x6e0001ff,
    });
    expect(message?.iceControlled).toEqual(hex('932ff9b151263b36'));
    expect(message?.verify(stunKey('VOkJxbRl1RmTxUk/WvJxBt'))).toBe(true);
    expect(message?.verify(stunKey('another'))).toBe(false);
  });

  it('are refused with a wrong fingerprint or a wrong length', () => {
    const changed = Buffer.from(sample);
    changed.writeUInt8(0, 30);
    expect(decodeStun(changed)).toBeNull();
    expect(decodeStun(sample.subarray(0, 60))).toBeNull();
    expect(decodeStun(Buffer.from('hello'))).toBeNull();
  });

  it('come back as they were written', () => {
    const transactionId = Buffer.alloc(12, 9);
    const request = {
      type: StunType.bindingRequest,
      transactionId,
      username: 'theirs:ours',
      priority: 0x6eff_ffff,
      useCandidate: true,
      iceControlling: Buffer.alloc(8, 7),
    };
    const decoded = decodeStun(encodeStun(request, stunKey('secret')));
    expect(decoded).toMatchObject(request);
    expect(decoded?.verify(stunKey('secret'))).toBe(true);
    const again = encodeAgain(encodeStun(request, stunKey('secret')), Buffer.alloc(12, 3), stunKey('secret'));
    const other = { ...request, transactionId: Buffer.alloc(12, 3) };
    expect(again).toEqual(encodeStun(other, stunKey('secret')));
    expect(decodeStun(again)?.verify(stunKey('another'))).toBe(false);
  });
});

describe('an ICE agent', () => {
  const remote = { usernameFragment: 'theirs', password: 'their password' };

  function agent() {
    let nowMs = 1000;
    const sent: Buffer[] = [];
    const made = new IceAgent({
      local: iceCredentials(),
      remote,
      remoteAddress: { address: '192.0.2.1', port: 7000 },
      send: (data) => sent.push(data),
      nowMs: () => nowMs,
      random: () => 0.5,
    });
    let connected = false;
    void made.connected.then(() => {
      connected = true;
    });
    return {
      made,
      sent,
      isConnected: async () => {
        await Promise.resolve();
        return connected;
      },
      at(ms: number) {
        nowMs = ms;
        return made.tick();
      },
      answerLast(password: string) {
        const request = decodeStun(sent.at(-1) ?? Buffer.alloc(0));
        if (request === null) throw new Error('no request');
        const { transactionId } = request;
        made.receive(
          encodeStun({ type: StunType.bindingSuccess, transactionId }, stunKey(password)),
          nowMs + 3,
        );
      },
    };
  }

  it('nominates what was answered, believes only an answer with the right password, and measures the round trip', async () => {
    const { made, sent, at, answerLast, isConnected } = agent();
    at(1000);
    const request = decodeStun(sent[0] ?? Buffer.alloc(0));
    expect(request).toMatchObject({ type: StunType.bindingRequest });
    expect(request?.useCandidate).toBeUndefined();
    expect(request?.username).toBe(`theirs:${made.local.usernameFragment}`);
    expect(request?.verify(stunKey(remote.password))).toBe(true);
    answerLast('guessed');
    expect(await isConnected()).toBe(false);
    answerLast(remote.password);
    expect(await isConnected()).toBe(true);
    expect(made.roundTripTimeMs).toBe(3);
    at(1020);
    expect(decodeStun(sent[1] ?? Buffer.alloc(0))).toMatchObject({ useCandidate: true });
  });

  it('repeats the check ever more slowly until it is answered', () => {
    const { sent, at } = agent();
    for (let ms = 1000; ms < 3000; ms += 10) at(ms);
    expect(sent.length).toBeGreaterThanOrEqual(5);
    expect(sent.length).toBeLessThanOrEqual(7);
  });

  it('keeps asking for consent and gives up after thirty seconds without', () => {
    const { sent, at, answerLast } = agent();
    at(1000);
    answerLast(remote.password);
    for (let ms = 1010; ms < 11_010; ms += 100) at(ms);
    expect(sent.length).toBeGreaterThanOrEqual(4);
    expect(sent.length).toBeLessThanOrEqual(6);
    expect(at(30_900)).toBe(true);
    expect(at(31_100)).toBe(false);
  });

  it('answers the checks of a full ICE peer, and nobody else', () => {
    const { made, sent } = agent();
    const check = (password: string, username: string) =>
      made.receive(
        encodeStun(
          {
            type: StunType.bindingRequest,
            transactionId: Buffer.alloc(12, 1),
            username,
            iceControlled: Buffer.alloc(8),
          },
          stunKey(password),
        ),
        0,
      );
    check('guessed', `${made.local.usernameFragment}:theirs`);
    check(made.local.password, `${made.local.usernameFragment}:somebody`);
    expect(sent).toEqual([]);
    check(made.local.password, `${made.local.usernameFragment}:theirs`);
    const answer = decodeStun(sent[0] ?? Buffer.alloc(0));
    expect(answer?.type).toBe(StunType.bindingSuccess);
    expect(answer?.verify(stunKey(made.local.password))).toBe(true);
  });

  it('settles a conflict of roles by the tie breaker', () => {
    const { made, sent } = agent();
    const conflict = (tieBreaker: Buffer) =>
      made.receive(
        encodeStun(
          {
            type: StunType.bindingRequest,
            transactionId: Buffer.alloc(12, 1),
            username: `${made.local.usernameFragment}:theirs`,
            iceControlling: tieBreaker,
          },
          stunKey(made.local.password),
        ),
        0,
      );
    conflict(Buffer.alloc(8));
    expect(decodeStun(sent[0] ?? Buffer.alloc(0))).toMatchObject({
      type: StunType.bindingError,
      errorCode: 487,
    });
    conflict(Buffer.alloc(8, 0xff));
    expect(decodeStun(sent[1] ?? Buffer.alloc(0))).toMatchObject({ type: StunType.bindingSuccess });
    made.tick();
    expect(decodeStun(sent[2] ?? Buffer.alloc(0))?.iceControlled).toBeDefined();
  });
});
