"""Qualcomm's compiler for the NPU of Snapdragon chips, and its simulator.

Both come with the package onnxruntime-qnn, which plugs into ONNX Runtime. The NPU is the Hexagon
Tensor Processor (HTP). On a computer the very library that compiles for it also computes what it
compiled, op by op: that is the simulator.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from ...artifact.chips import Chip
from ...errors import ArtifactError, MissingDependencyError
from ...process.interrupt import deferred_interrupt
from ...process.native_output import captured_output
from ...process.text import one_line

PROVIDER = "QNNExecutionProvider"

CONTEXT_OP = "EPContext"
"""The only op of a file that holds a compiled graph."""

SIMULATOR = "Qualcomm HTP simulator"

LONGEST_REASON = 300
MOST_NAMED = 8
"""Refused ops that a message names."""

_UNSUPPORTED = re.compile(r"Unsupported nodes in QNN EP: (?P<nodes>.*)")
_NODE = re.compile(r"\{ name: (?P<name>.*?), type: (?P<kind>\w+) \}")
_FALLBACK = "fallback to CPU EP has been explicitly disabled"
_WARNINGS = 2


class RefusedByNpuError(ArtifactError):
    """The NPU does not take a whole graph.

    Attributes:
        refused: Kinds of the refused ops by their names; empty where none is named.
    """

    def __init__(self, message: str, refused: dict[str, str]) -> None:
        super().__init__(message)
        self.refused = refused


def sdk_version() -> str:
    """The version of Qualcomm's SDK (QAIRT, once QNN) in the installed package.

    Raises:
        MissingDependencyError: The package is not installed.
    """
    from importlib import import_module

    _load()
    return str(import_module("onnxruntime_qnn.build_and_package_info").qnn_version)


def open_session(model: Path, chip: Chip, context: Path | None = None) -> Any:
    """ONNX Runtime's session that computes a whole file as a chip's NPU would.

    Args:
        model: The file: a graph, which is compiled, or one that was compiled before.
        chip: The chip.
        context: Where to write the compiled graph, as one file.

    Raises:
        RefusedByNpuError: The NPU does not take every op; nothing falls back to the processor.
        MissingDependencyError: onnxruntime-qnn is not installed.
    """
    onnxruntime, package = _load()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _WARNINGS
    options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    if context:
        options.add_session_config_entry("ep.context_enable", "1")
        options.add_session_config_entry("ep.context_embed_mode", "1")
        options.add_session_config_entry("ep.context_file_path", str(context))
    settings = {
        "backend_path": package.get_qnn_htp_path(),
        "soc_model": str(chip.soc_model),
        "htp_arch": str(chip.htp_arch),
    }
    with deferred_interrupt(), captured_output() as printed:
        devices = [item for item in onnxruntime.get_ep_devices() if item.ep_name == PROVIDER]
        options.add_provider_for_devices(devices[:1], settings)
        try:
            return onnxruntime.InferenceSession(str(model), options)
        except Exception as error:
            raise _refusal(model, chip, printed(), error) from error


@functools.cache
def _load() -> tuple[Any, Any]:
    """The modules onnxruntime and onnxruntime_qnn, the second plugged into the first."""
    try:
        with deferred_interrupt(), captured_output():
            import onnxruntime
            import onnxruntime_qnn

            onnxruntime.register_execution_provider_library(
                PROVIDER, onnxruntime_qnn.get_library_path()
            )
    except ImportError as error:
        raise MissingDependencyError(
            "Qualcomm's NPU compiler and simulator need onnxruntime-qnn, which is not installed;"
            " install the extra npu (Linux on x86-64)"
        ) from error
    return onnxruntime, onnxruntime_qnn


def _refusal(model: Path, chip: Chip, printed: str, error: Exception) -> RefusedByNpuError:
    """What the NPU refuses, as the plug-in states it."""
    stated = _UNSUPPORTED.search(printed)
    nodes = _NODE.finditer(stated["nodes"]) if stated else ()
    refused = {node["name"]: node["kind"] for node in nodes}
    if not refused and _FALLBACK in str(error):
        refused = _all_ops(model)
    if not refused:
        reason = one_line(error)[:LONGEST_REASON]
        return RefusedByNpuError(f"{model}: the NPU of {chip} cannot take it ({reason})", {})
    named = [f"{kind} {name}" for name, kind in refused.items()][:MOST_NAMED]
    more = f" and {len(refused) - len(named)} more" if len(refused) > len(named) else ""
    why = ""
    if not chip.has_floats:
        why = "; it computes in integers alone, as w8a16 and int8 do"
    return RefusedByNpuError(
        f"{model}: the NPU of {chip} refuses {', '.join(named)}{more}{why}", refused
    )


def _all_ops(model: Path) -> dict[str, str]:
    """Kinds of a graph's ops by their names: the plug-in names none where it takes none."""
    import onnx

    graph = onnx.load(str(model), load_external_data=False).graph
    return {node.name or node.output[0]: node.op_type for node in graph.node}
