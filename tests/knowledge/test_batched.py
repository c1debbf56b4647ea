"""What comes while a call runs is the next call."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from knowledge.batched import Batched

PEOPLE = 8


def test_calls_that_wait_for_a_running_one_share_the_next() -> None:
    runs: list[list[int]] = []
    begun, may_end = threading.Event(), threading.Event()

    def square(items: list[int]) -> list[int]:
        runs.append(items)
        begun.set()
        assert may_end.wait(10)
        return [item * item for item in items]

    batched = Batched(square)
    with ThreadPoolExecutor(PEOPLE + 1) as pool:
        first = pool.submit(batched, [100])
        assert begun.wait(10)
        others = [pool.submit(batched, [n, -n]) for n in range(1, PEOPLE + 1)]
        while len(batched._waiting) < 2 * PEOPLE:
            assert not first.done()
        may_end.set()
        assert first.result(10) == [10_000]
        assert [other.result(10) for other in others] == [[n * n, n * n] for n in range(1, PEOPLE + 1)]
    assert len(runs) == 2
    assert sorted(map(abs, runs[1])) == sorted([*range(1, PEOPLE + 1)] * 2)


def test_a_call_that_fails_is_told_to_all_of_it_and_the_next_one_works() -> None:
    def invert(items: list[int]) -> list[float]:
        return [1 / item for item in items]

    batched = Batched(invert)
    with pytest.raises(ZeroDivisionError):
        batched([2, 0])
    assert batched([2, 4]) == [0.5, 0.25]
