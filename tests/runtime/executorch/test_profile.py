from __future__ import annotations

from lowformer_edge.runtime.executorch.profile import read_trace
from lowformer_edge.runtime.profile import OpTime


def test_a_trace_has_ops_and_what_holds_them() -> None:
    trace = "231000 Transpose (ND, X32) #1\n5000 native_call_add.out\n90000 DELEGATE_CALL\n"
    assert read_trace(trace + "91000 Method::execute\n") == [
        OpTime("Transpose (ND, X32)", "Transpose (ND, X32) #1", 0.231),
        OpTime("native_call_add.out", "native_call_add.out", 0.005),
    ]
    assert read_trace("") == []
