"""Threads that sleep while they wait."""

from __future__ import annotations

import os

import pytest

from lowformer_edge.process.waiting import POLICY, let_threads_sleep


def test_threads_sleep_where_nothing_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(POLICY, raising=False)
    let_threads_sleep()
    assert os.environ[POLICY] == "passive"


def test_what_the_environment_says_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(POLICY, "active")
    let_threads_sleep()
    assert os.environ[POLICY] == "active"
