"""What other packages' converters say and raise, in our own terms."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ..errors import ExportError, LowFormerEdgeError, MissingDependencyError
from ..process.native_output import captured_output
from ..process.system_limit import scratch_hint


@contextlib.contextmanager
def converter_errors(doing: str, extra: str) -> Iterator[None]:
    """Keeps a converter's chatter off the terminal, and turns its errors into ours.

    Args:
        doing: What is being done, such as ``exporting to ONNX``.
        extra: The extra that installs what it needs.

    Raises:
        MissingDependencyError: A package is not installed.
        ExportError: Anything else went wrong; the last line that the converter printed is added.
    """
    try:
        with captured_output():
            yield
    except LowFormerEdgeError:
        raise
    except ImportError as error:
        raise MissingDependencyError(
            f"{doing} needs {error.name}, which is not installed; install the extra {extra}"
        ) from error
    except Exception as error:
        notes = getattr(error, "__notes__", ())[-1:]
        reason = " ".join([f"{type(error).__name__}: {error}", *notes])
        raise ExportError(f"{doing} failed ({reason}){scratch_hint()}") from error
