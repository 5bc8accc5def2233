// setTimeout and clearTimeout by hand. Node's own mock is no choice: Debian 12 has Node 18, whose mock has other arguments
// than that of Node 20 and hangs on these tests.

export class FakeTimers {
  #now = 0;
  #made = 0;
  #waiting = new Map();
  #real = {setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout};

  constructor() {
    globalThis.setTimeout = (call, wait = 0) => {
      this.#waiting.set(++this.#made, {call, due: this.#now + wait});
      return this.#made;
    };
    globalThis.clearTimeout = (timer) => this.#waiting.delete(timer);
  }

  /** Lets `wait` ms pass: what falls due is called in its order, what is set meanwhile too. */
  tick(wait) {
    const end = this.#now + wait;
    for (;;) {
      const [next] = [...this.#waiting].sort(([, a], [, b]) => a.due - b.due);
      if (!next || next[1].due > end) break;
      this.#waiting.delete(next[0]);
      this.#now = next[1].due;
      next[1].call();
    }
    this.#now = end;
  }

  restore() {
    Object.assign(globalThis, this.#real);
  }
}
