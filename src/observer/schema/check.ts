import { SampleError } from './samples.ts';
import type { Message, MessageSpec, ScalarType } from './spec.ts';

/**
 * Checks values against a table and puts right, in place, what ObserveRTC's own reader puts right too: numbers in
 * quotes, text fields given as numbers, null for missing. Unknown fields are left alone and never looked at.
 */
export type Check = (value: unknown, path: () => string) => unknown;

type JsonObject = Record<string, unknown>;

function wrong(path: () => string, expected: string): SampleError {
  return new SampleError(`${path()} is not ${expected}`);
}

function checkNumber(value: unknown, path: () => string): number {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
  } else if (typeof value === 'string' && value.trim() !== '') {
    const parsed = Number(value);
    if (Number.isFinite(parsed)) return parsed;
  }
  throw wrong(path, 'a number');
}

function checkString(value: unknown, path: () => string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw wrong(path, 'text');
}

function checkBoolean(value: unknown, path: () => string): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw wrong(path, 'true or false');
}

function scalarCheck(type: ScalarType): Check {
  if (type === 'string') return checkString;
  return type === 'bool' ? checkBoolean : checkNumber;
}

function arrayCheck(element: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrong(path, 'a list');
    for (let index = 0; index < value.length; index++) {
      value[index] = element(value[index], () => `${path()}[${index}]`);
    }
    return value;
  };
}

type IsSound = (value: unknown) => boolean;

const SOUND_SCALARS: Record<ScalarType, string> = {
  string: `typeof field === 'string'`,
  bool: `typeof field === 'boolean'`,
  // What is left of a finite number when it is taken from itself is 0; of the others NaN.
  int32: `typeof field === 'number' && field - field === 0`,
  int64: `typeof field === 'number' && field - field === 0`,
  double: `typeof field === 'number' && field - field === 0`,
};

/**
 * A function that says whether a message is as it should be already, as nearly all are, down to its last field. It
 * is made as code, each field written out, because a property that a line of code always asks for by the same name
 * is found about ten times as fast as one whose name is in a variable. Names are those of our own tables.
 */
function soundnessCheck(spec: MessageSpec): IsSound {
  const inner: IsSound[] = [];
  const lines = Object.entries(spec).map(([name, [, type, rule]]) => {
    let sound: string;
    if (typeof type === 'string') sound = SOUND_SCALARS[type];
    else sound = `inner[${inner.push(soundnessCheck(type)) - 1}](field)`;
    const whole = rule === 'repeated' ? `Array.isArray(field) && field.every((field) => ${sound})` : sound;
    const absent = rule === 'required' ? '' : 'field !== undefined && ';
    return `field = message.${name}; if (${absent}!(${whole})) return false;`;
  });
  const code = `return (message) => {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return false;
    let field;
    ${lines.join('\n')}
    return true;
  };`;
  return new Function('inner', code)(inner) as IsSound;
}

function messageCheck(spec: MessageSpec): Check {
  const checks = new Map<string, Check>();
  const required: string[] = [];
  for (const [name, [, type, rule]] of Object.entries(spec)) {
    const element = typeof type === 'string' ? scalarCheck(type) : messageCheck(type);
    checks.set(name, rule === 'repeated' ? arrayCheck(element) : element);
    if (rule === 'required') required.push(name);
  }
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object');
    const message = value as JsonObject;
    for (const name in message) {
      const check = checks.get(name);
      if (check === undefined) continue;
      const field = message[name];
      if (field === null) delete message[name];
      else if (field !== undefined) {
        const checked = check(field, () => `${path()}.${name}`);
        if (checked !== field) message[name] = checked;
      }
    }
    for (const name of required) {
      if (message[name] === undefined) throw new SampleError(`${path()}.${name} is missing`);
    }
    return message;
  };
}

/** A function that returns its argument as the message of `spec`, or throws SampleError naming the field. */
export function createChecker<Spec extends MessageSpec>(
  name: string,
  spec: Spec,
): (value: unknown) => Message<Spec> {
  const isSound = soundnessCheck(spec);
  const check = messageCheck(spec);
  return (value) => (isSound(value) ? value : check(value, () => name)) as Message<Spec>;
}
