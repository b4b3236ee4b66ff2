// Loaded before the application: counts its calls, keeps them on this machine, and
// moves its clock. Lines on the standard input ask for it; each is answered by a line.
import { createInterface } from 'node:readline';

let calls = 0;
const fetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  calls++;
  const url = new URL(typeof input === 'string' || input instanceof URL ? input : input.url);
  if (url.hostname !== '127.0.0.1') {
    return Promise.reject(new TypeError(`a call to ${url.host} would leave this machine`));
  }
  return fetch(input, init);
};

let later = 0;
const now = Date.now;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [now() + later] : args));
  }
  static now() {
    return now() + later;
  }
};

createInterface({ input: process.stdin })
  .on('line', line => {
    const [command, value] = line.split(' ');
    if (command === 'later') {
      later += Number(value);
    }
    console.log(command === 'calls' ? calls : 'ok');
  })
  .on('close', () => process.exit());
