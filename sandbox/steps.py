"""Steps of a demonstration, each printed with the time it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Steps:
    """Prints a line when a step begins (on a terminal) and one with its seconds when it has ended."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """The list takes what is worth saying about the step once it is done."""
        remarks: list[str] = []
        begun = time.perf_counter()
        with self.console.status(f"{name} ..."):
            yield remarks
        remark = f"  {'; '.join(remarks)}" if remarks else ""
        self.console.print(f"  {time.perf_counter() - begun:6.1f} s  {name}{remark}", highlight=False, markup=False)
