// Exponential backoff with full jitter, so that a room full of pages that lost their server does not return as one herd.
// The twin of src/base/backoff.hpp.

export class Backoff {
  /** @param {{first_ms?: number, longest_ms?: number, random?: () => number}} [options] `random` gives [0, 1) */
  constructor({first_ms = 250, longest_ms = 5000, random = Math.random} = {}) {
    this.first_ms = first_ms;
    this.longest_ms = longest_ms;
    this.random = random;
    this.ceiling_ms = 0;
  }

  /** The pause before the next try: uniform in [first / 2, ceiling], the ceiling doubling from `first` to `longest`. */
  next_ms() {
    this.ceiling_ms = this.ceiling_ms === 0 ? this.first_ms : Math.min(this.longest_ms, this.ceiling_ms * 2);
    const least = this.first_ms / 2;
    return least + this.random() * (this.ceiling_ms - least);
  }

  /** After a success. */
  reset() {
    this.ceiling_ms = 0;
  }
}
