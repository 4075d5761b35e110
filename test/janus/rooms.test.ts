import { expect, it } from 'vitest';
import { roomNumber } from '../../src/targets/janus/bridge.ts';

it('takes a number as the room that it is, and makes one of any other name', () => {
  expect(roomNumber('1234')).toBe(1234);
  const names = ['plenary', '0', '01', '99999999999999999', '-1', '', '1e3', 'Zimmer 4'];
  const numbers = names.map(roomNumber);
  expect(new Set(numbers).size).toBe(names.length);
  for (const number of numbers) {
    expect(number).toBeGreaterThan(0);
    expect(number).toBeLessThanOrEqual(2 ** 48);
    expect(Number.isSafeInteger(number)).toBe(true);
  }
  expect(roomNumber('plenary')).toBe(roomNumber('plenary'));
});
