"""How many processes work at a time."""

from __future__ import annotations

import pytest

from lowformer_edge.process.apart import job_count as module
from lowformer_edge.process.apart.job_count import job_count


@pytest.mark.parametrize(
    ("cores", "free", "jobs"),
    [(2, 8000, 2), (8, 8000, 4), (8, 2100, 2), (8, 100, 1), (8, None, 4)],
)
def test_cores_work_and_memory_bound_it(
    cores: int, free: int | None, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "usable_cores", lambda: cores)
    monkeypatch.setattr(module, "available_memory", lambda: free)
    assert job_count(None, most=4, bytes_each=1000) == jobs


def test_what_is_asked_for_is_taken_but_no_more_than_there_is_work() -> None:
    assert [job_count(asked, most=4, bytes_each=1 << 60) for asked in (1, 3, 9)] == [1, 3, 4]
