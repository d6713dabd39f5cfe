"""LiteRT's compiled model with its profiler, by the C interface of its library.

The Python classes of ai-edge-litert have no profiler, but the library they come with has one that
tells the time of each op within XNNPACK. Its C interface is not stable, so that only the version
that this was written for is used.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
from collections.abc import Sequence
from ctypes import byref, c_char_p, c_int, c_int32, c_size_t, c_uint32, c_void_p
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError

VERSION = "2.3.0"

_LIBRARY = "libLiteRt.so"
_CPU = 1
_ALIGNMENT = 64
_TYPES = {
    "float32": 1,
    "int32": 2,
    "uint8": 3,
    "int64": 4,
    "bool": 6,
    "int16": 7,
    "int8": 9,
    "float16": 10,
    "float64": 11,
}
_OPTIONS = {
    "runtime_options_string": "enable_profiling = true\n",
    "xnnpack": "num_threads = {threads}\n",
}


class _Layout(ctypes.Structure):
    _fields_ = (
        ("rank", c_uint32, 7),
        ("has_strides", c_uint32, 1),
        ("dimensions", c_int32 * 8),
        ("strides", c_uint32 * 8),
    )


class _TensorType(ctypes.Structure):
    _fields_ = (("element_type", c_int), ("layout", _Layout))


_NO_DESTRUCTOR = ctypes.CFUNCTYPE(None, c_void_p)(lambda address: None)


def profiler_missing() -> str | None:
    """Why there is no profiler here, or None where there is one."""
    if importlib.metadata.version("ai-edge-litert") != VERSION:
        return f"its profiler is used in version {VERSION} of ai-edge-litert only"
    if not library_path().is_file():
        return f"this build of ai-edge-litert has no {_LIBRARY}"
    return None


def library_path() -> Path:
    """Where ai-edge-litert, which must be installed, has LiteRT's library."""
    spec = importlib.util.find_spec("ai_edge_litert")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / _LIBRARY


class ProfiledModel:
    """A TFLite file on the CPU with XNNPACK.

    It is meant for a process of its own: what LiteRT allocates is left to that process's end.

    Args:
        path: The file.
        threads: Threads of XNNPACK.
        inputs: What it is to compute, in the file's own types, layouts and order.
        outputs: Of the shapes and types of what it computes, in its order.

    Raises:
        ArtifactError: LiteRT cannot compile it.
    """

    def __init__(
        self,
        path: Path,
        threads: int,
        inputs: Sequence[NDArray[np.generic]],
        outputs: Sequence[NDArray[np.generic]],
    ) -> None:
        self._path = path
        self._library = ctypes.CDLL(str(library_path()))
        environment, model, options = c_void_p(), c_void_p(), c_void_p()
        self._model, self._profiler = c_void_p(), c_void_p()
        self._call("CreateEnvironment", 0, None, byref(environment))
        self._call("CreateModelFromFile", environment, bytes(path), byref(model))
        self._call("CreateOptions", byref(options))
        self._call("SetOptionsHardwareAccelerators", options, _CPU)
        self._texts = [text.format(threads=threads).encode() for text in _OPTIONS.values()]
        for name, text in zip(_OPTIONS, self._texts, strict=True):
            option = c_void_p()
            content = ctypes.cast(c_char_p(text), c_void_p)
            self._call("CreateOpaqueOptions", name.encode(), content, _NO_DESTRUCTOR, byref(option))
            self._call("AddOpaqueOptions", options, option)
        self._call("CreateCompiledModel", environment, model, options, byref(self._model))
        self._call("CompiledModelGetProfiler", self._model, byref(self._profiler))
        if not self._profiler:
            raise ArtifactError(f"{path}: LiteRT gives no profiler for it")
        self._arrays: list[NDArray[np.uint8]] = []
        self._given, self._taken = (
            (c_void_p * len(arrays))(*map(self._buffer, arrays)) for arrays in (inputs, outputs)
        )
        self._first_output = len(inputs)

    def _buffer(self, values: NDArray[np.generic]) -> c_void_p:
        """A tensor buffer with values, at an address that LiteRT takes."""
        memory = np.zeros(values.nbytes + 2 * _ALIGNMENT, np.uint8)
        start = -memory.ctypes.data % _ALIGNMENT
        memory[start : start + values.nbytes] = np.frombuffer(values.tobytes(), np.uint8)
        self._arrays.append(memory)
        if values.dtype.name not in _TYPES:
            raise ArtifactError(f"{self._path}: has tensors of {values.dtype.name} at its ends")
        kind = _TensorType(element_type=_TYPES[values.dtype.name])
        kind.layout.rank = values.ndim
        kind.layout.dimensions[: values.ndim] = values.shape
        buffer = c_void_p()
        address = c_void_p(memory.ctypes.data + start)
        size = c_size_t(values.nbytes)
        name = "CreateTensorBufferFromHostMemory"
        self._call(name, byref(kind), address, size, None, byref(buffer))
        return buffer

    def _call(self, name: str, *arguments: object) -> None:
        status = getattr(self._library, f"LiteRt{name}")(*arguments)
        if status:
            raise ArtifactError(f"{self._path}: LiteRT's {name} failed with status {status}")

    def profiled_run(self) -> str:
        """Runs the model once, and gives the profiler's report of that."""
        self._call("ResetProfiler", self._profiler)
        self._call("StartProfiler", self._profiler)
        self.invoke()
        self._call("StopProfiler", self._profiler)
        text = c_char_p()
        self._call("GetProfileSummary", self._profiler, self._model, byref(text))
        return (text.value or b"").decode("utf-8", "replace")

    def invoke(self) -> None:
        """Runs the model once."""
        self._call(
            "RunCompiledModel",
            self._model,
            c_size_t(0),
            c_size_t(len(self._given)),
            self._given,
            c_size_t(len(self._taken)),
            self._taken,
        )

    def output(self) -> bytes:
        """The bytes of the last run's first output, and what follows them up to the alignment."""
        memory = self._arrays[self._first_output]
        return memory[-memory.ctypes.data % _ALIGNMENT :].tobytes()
