import { hash, randomBytes } from 'node:crypto';
import type { Principal } from './caller.ts';
import { WITHOUT_KEY } from './without-key.ts';

/** Whose conversations those of the demo are. */
const OWNER = 'demo@this-machine';

/**
 * The key of browsers on the gateway's own machine while the gateway is in demo mode. It costs nobody anything: only the
 * embedded model answers then. The pass ends with the demo and with the process, and is never the administrator's.
 */
export class DemoPass {
  readonly key = `sk-demo-${randomBytes(32).toString('base64url')}`;
  readonly #isOn: () => boolean;
  readonly #principal: Principal;

  /** `isOn` is asked each time: the demo ends when a models file is put into effect. */
  constructor(isOn: () => boolean) {
    this.#isOn = isOn;
    this.#principal = {
      keyHash: hash('sha256', this.key, 'hex'),
      role: 'key',
      keyName: 'demo',
      owner: OWNER,
      ...WITHOUT_KEY,
    };
  }

  /** The pass for a visitor; null: this visitor has to show a key. */
  issue(isFromHere: boolean): string | null {
    return isFromHere && this.#isOn() ? this.key : null;
  }

  find(keyHash: string): Principal | null {
    return keyHash === this.#principal.keyHash && this.#isOn() ? this.#principal : null;
  }
}
