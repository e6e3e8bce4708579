"""Real processes that end in the middle of their work."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from tests.process.conftest import NOW, SLOW, Backend, Call

_ENOUGH = 30.0


def until(condition: Callable[[], bool], what: str) -> None:
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < _ENOUGH, what
        time.sleep(0.05)


def begun(backend: Backend, earlier: int = 0) -> Call:
    """An extraction that has gone far enough to have a receipt, beside those of so many earlier ones."""
    call = backend.begin("extract")
    until(lambda: len(backend.receipts()) > earlier, "the run does not begin")
    return call


def test_killed_in_mid_extract_again_and_again(backend: Backend) -> None:
    for earlier in range(3):
        backend.start(SLOW)
        call = begun(backend, earlier)
        time.sleep(earlier)
        backend.kill()
        assert call.result() is None
        backend.expire_lease()
    backend.start()
    answer, runs = backend.task("extract"), 1
    while answer["more"]:
        answer, runs = backend.task("extract"), runs + 1
    read_to = datetime.fromisoformat(answer["watermark"])
    rows = {row["id"]: row["outcome"] for row in backend.rows("interaction_details", "id, outcome")}
    truths = {
        truth.id: truth.outcome
        for truth in backend.world.truth(NOW)
        if datetime.fromtimestamp(truth.start / 1_000, UTC) < read_to
    }
    assert len(truths) > 200
    assert {identity: rows.get(identity) for identity in truths} == truths
    assert len(rows) == len(backend.rows("interaction_details", "id")), "no id twice"
    assert sorted(run["status"] for run in backend.receipts()) == ["failed"] * 3 + ["ok"] * runs


def test_told_to_end_in_mid_run_it_gives_the_lease_back(backend: Backend) -> None:
    backend.start(SLOW, LEASE_SECONDS="600")
    call = begun(backend)
    assert backend.terminate() == 0
    answer = call.result()
    assert answer is not None
    assert (answer["status"], answer["more"]) == ("ok", True)
    (state,) = backend.rows("extraction_state")
    assert state["lease_holder"] is None
    backend.start()
    assert backend.task("extract")["status"] == "ok"


def test_of_two_runs_at_once_one_is_skipped_and_a_dead_holder_is_waited_for(backend: Backend) -> None:
    backend.start(SLOW)
    first = begun(backend)
    second = backend.task("extract")
    assert (second["status"], second["recordsProcessed"], second["more"]) == ("skipped", 0, False)
    backend.kill()
    assert first.result() is None
    backend.start()
    assert backend.task("extract")["status"] == "skipped", "the lease of the dead run lasts its seconds"
    answers: list[str] = []

    def went() -> bool:
        answers.append(backend.task("extract")["status"])
        return answers[-1] == "ok"

    until(went, "the lease does not expire")
