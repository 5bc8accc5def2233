"""How every harness waits for what a program does in its own time, and what a machine that stands still excuses."""

import threading
import time


def until(what, ask, seconds, pause=0.05):
    """The first true answer; an error that says what was waited for when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        late = time.monotonic() > end  # before the last look: the machine may stand still at any line
        answer = ask()
        if answer:
            return answer
        if late:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(pause)


class Standstills:
    """Notes when nobody ran here, as in a virtual machine that is held or when others have the cores: a thread that wants to
    run every 5 ms and comes late. What a limit of time judges is judged by what is left of the time."""

    LATE = 0.05

    def __init__(self):
        self.spans = []  # (begin, end)
        self.delays = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def watch(self):
        before = time.monotonic()
        while not self.ended.wait(0.005):
            now = time.monotonic()
            if now - before > self.LATE:
                self.spans.append((before, now))
            self.delays.append(now - before - 0.005)
            before = now

    def since(self, begin):
        time.sleep(2 * self.LATE)  # one that has just ended is noted
        return [end - max(start, begin) for start, end in list(self.spans) if end > begin]

    def milliseconds(self, begin):
        return sum(self.since(begin)) * 1000

    def usual_delay(self):
        """How late, in seconds, a thread is that wants to run now, nine times in ten."""
        delays = sorted(self.delays)
        return delays[len(delays) * 9 // 10] if delays else 0.0
