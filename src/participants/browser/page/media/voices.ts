import type { AudioPublication } from '../../../../scenario/plan-types.ts';
import { talkSpurts } from '../../../talk-spurts.ts';

/** Pitch of the voice and of the beep that marks each second. */
const VOICE_HZ = 140;
const BEEP_HZ = 1000;
const BEEP_S = 0.1;
/** Speech rises and falls about this often; a steady tone would be taken for noise and sent as silence. */
const SYLLABLES_HZ = 4;

/**
 * Sound of the page's participants. The audio graph that makes a voice runs once; each participant opens and
 * closes a gate of its own.
 */
export class Voices {
  #context: AudioContext | null = null;
  #voice: AudioNode | null = null;

  borrow(
    participantId: string,
    { pattern }: AudioPublication,
  ): { track: MediaStreamTrack; release: () => void } {
    this.#context ??= new AudioContext();
    const context = this.#context;
    this.#voice ??= makeVoice(context);
    const gate = context.createGain();
    const output = context.createMediaStreamDestination();
    this.#voice.connect(gate).connect(output);
    const track = output.stream.getAudioTracks()[0];
    if (track === undefined) throw new Error('the browser makes no audio track');
    const stopTalking = pattern === 'speech' ? talk(gate, participantId) : () => {};
    return {
      track,
      release: () => {
        stopTalking();
        track.stop();
        this.#voice?.disconnect(gate);
      },
    };
  }
}

/** Opens and closes the gate as somebody who takes part in a conversation. */
function talk(gate: GainNode, seed: string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const spurts = talkSpurts(seed);
  const next = () => {
    const { speaking, durationMs } = spurts.next().value;
    gate.gain.value = speaking ? 1 : 0;
    timer = setTimeout(next, durationMs);
  };
  next();
  return () => clearTimeout(timer);
}

function makeVoice(context: AudioContext): AudioNode {
  const voice = context.createGain();
  voice.gain.value = 0.3;
  const throat = new OscillatorNode(context, { type: 'sawtooth', frequency: VOICE_HZ });
  const mouth = new BiquadFilterNode(context, { type: 'bandpass', frequency: 700, Q: 1 });
  const syllables = new OscillatorNode(context, { type: 'sine', frequency: SYLLABLES_HZ });
  const loudness = new GainNode(context, { gain: 0.5 });
  syllables.connect(new GainNode(context, { gain: 0.5 })).connect(loudness.gain);
  throat.connect(mouth).connect(loudness).connect(voice);
  throat.start();
  syllables.start();
  beep(context, voice);
  return voice;
}

/** A short tone every second: what one hears to know that sound arrives. */
function beep(context: AudioContext, output: AudioNode): void {
  const second = context.createBuffer(1, context.sampleRate, context.sampleRate);
  const samples = second.getChannelData(0);
  for (let i = 0; i < BEEP_S * context.sampleRate; i++)
    samples[i] = 0.5 * Math.sin((2 * Math.PI * BEEP_HZ * i) / context.sampleRate);
  const source = new AudioBufferSourceNode(context, { buffer: second, loop: true });
  source.connect(output);
  source.start();
}
