"""How every harness waits for what a program does in its own time."""

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
