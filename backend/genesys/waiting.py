"""The time of one run: waits that keep its lease alive and do not outlast it."""

from collections.abc import Callable

# The lease wants a sign of life every five seconds.
_LONGEST_SLEEP = 4.0


class RunTime:
    """Clock, sleep, heartbeat and deadline of a run, in Unix seconds. `heartbeat` may raise to end the run."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        heartbeat: Callable[[], None],
        deadline: float,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._heartbeat = heartbeat
        self._deadline = deadline
        self._last_beat = 0.0

    def now(self) -> float:
        return self._clock()

    def left(self) -> float:
        """Seconds until the run's deadline; negative after it."""
        return self._deadline - self._clock()

    def beat(self) -> None:
        self._heartbeat()
        self._last_beat = self._clock()

    def beat_if_due(self) -> None:
        """For work that goes on in small steps: a heartbeat where the last is some seconds old."""
        if abs(self._clock() - self._last_beat) >= _LONGEST_SLEEP:
            self.beat()

    def wait(self, seconds: float) -> None:
        """Sleeps that long, with a heartbeat at least every five seconds."""
        while seconds > _LONGEST_SLEEP:
            self._sleep(_LONGEST_SLEEP)
            self.beat()
            seconds -= _LONGEST_SLEEP
        self._sleep(seconds)
