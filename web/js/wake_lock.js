// Keeps the screen on while a live picture is shown. Browsers give the lock only to secure contexts and take it back
// whenever the tab is hidden.

export class ScreenLock {
  constructor() {
    this.wanted = false;
    this.asking = false;
    /** @type {WakeLockSentinel | null} */
    this.lock = null;
  }

  /** @returns {boolean} false: plain http from another machine, or an old browser */
  static get possible() {
    return 'wakeLock' in navigator;
  }

  /** @param {boolean} wanted */
  keep(wanted) {
    this.wanted = wanted;
    if (!wanted) {
      void this.lock?.release();
      this.lock = null;
    } else {
      void this.#ask();
    }
  }

  async #ask() {
    if (!ScreenLock.possible || this.asking || this.lock || document.visibilityState !== 'visible') return;
    this.asking = true;
    try {
      const lock = await navigator.wakeLock.request('screen');
      lock.onrelease = () => {
        if (this.lock === lock) this.lock = null;
      };
      this.lock = lock;
      if (!this.wanted) this.keep(false);
    } catch {
      // Refused on low battery, for one: the picture matters more, and the next look at the tab asks again.
    } finally {
      this.asking = false;
    }
  }
}
