from __future__ import annotations

import os
import socket

from lowformer_edge.runtime.machine import describe_machine


def test_the_machine_is_described_without_its_name() -> None:
    machine = describe_machine()
    assert int(machine["cores"]) <= (os.cpu_count() or 1)
    assert machine["processor"]
    assert socket.gethostname() not in " ".join(machine.values())
