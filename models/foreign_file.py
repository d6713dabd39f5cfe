"""What a file is that was given as a checkpoint and is none, by its first bytes."""

from __future__ import annotations

import io
import json
import re
import zipfile

_HTML = re.compile(
    rb"(\xef\xbb\xbf)?(?>(?><!--.*?-->)|(?><\?xml.*?\?>)|\s)*+<(!doctype html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_LFS = b"version https://git-lfs.github.com/spec/"
_UNPACK = "unpack it, and give the checkpoint in it"
_DOWNLOAD = "download the file itself, not the page about it"

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1f\x8b", f"a gzip archive; {_UNPACK}"),
    (0, b"BZh", f"a bzip2 archive; {_UNPACK}"),
    (0, b"\xfd7zXZ\0", f"an xz archive; {_UNPACK}"),
    (0, b"\x28\xb5\x2f\xfd", f"a Zstandard archive; {_UNPACK}"),
    (0, b"7z\xbc\xaf\x27\x1c", f"a 7-Zip archive; {_UNPACK}"),
    (0, b"Rar!", f"a RAR archive; {_UNPACK}"),
    (257, b"ustar", f"a tar archive; {_UNPACK}"),
    (4, b"TFL3", "a TFLite file; give the checkpoint that it was exported from"),
    (4, b"ET12", "an ExecuTorch file; give the checkpoint that it was exported from"),
    (0, b"\x89HDF", "an HDF5 file, such as Keras writes; save a PyTorch state_dict"),
    (0, b"\x93NUMPY", "a numpy array; save a PyTorch state_dict"),
    (0, b"GGUF", "a GGUF file; save a PyTorch state_dict"),
    (0, b"\x89PNG", "a PNG image; give a checkpoint"),
    (0, b"\xff\xd8\xff", "a JPEG image; give a checkpoint"),
    (0, b"%PDF", "a PDF document; give a checkpoint"),
)


def foreign_kind(content: bytes) -> str | None:
    """What a file is, and what would help; None where it may be a checkpoint.

    Args:
        content: The whole file.
    """
    if not content:
        return "empty; copy or download it again"
    if _HTML.match(content[:4096]):
        return f"an HTML page; {_DOWNLOAD}"
    if content.startswith(_LFS):
        return "a git-LFS pointer, not the file that it stands for; run 'git lfs pull'"
    for place, signature, kind in _SIGNATURES:
        if content[place : place + len(signature)] == signature:
            return kind
    if content.startswith(b"PK"):
        return _zip_kind(content)
    return _text_kind(content) if _is_text(content) else None


def _zip_kind(content: bytes) -> str | None:
    """What a zip archive is; None where it may be what ``torch.save`` writes."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, LookupError, RuntimeError):
        return (
            "not a whole PyTorch checkpoint (its archive is cut short or damaged); copy or download"
            " it again"
        )
    last = {name.rpartition("/")[2] for name in names}
    if "constants.pkl" in last:
        return (
            "a TorchScript program, which holds code; save the state_dict of the eager model"
            " instead"
        )
    if "data.pkl" in last:
        return None
    if "archive_format" in last or any(name.endswith("models/model.json") for name in names):
        return "a program of torch.export, not weights; save the state_dict of the eager model"
    if any(name.endswith(".npy") for name in names):
        return "an archive of numpy arrays; save a PyTorch state_dict"
    inside = [name for name in names if name.endswith((".pt", ".pth", ".safetensors", ".bin"))]
    if inside:
        return f"a zip archive; unpack it, and give {inside[0]} in it"
    return f"a zip archive, not a checkpoint; {_UNPACK}"


def _is_text(content: bytes) -> bool:
    start = content[:1024]
    return not any(byte < 9 or 13 < byte < 32 for byte in start) and _decodes(start)


def _decodes(start: bytes) -> bool:
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(start) - 4 and error.end == len(start)
    return True


def _text_kind(content: bytes) -> str | None:
    """What a file of text is; None where it may be an old pickle, which is text too."""
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        if content[:1] in b"(cI" and content.rstrip().endswith(b"."):
            return None
        start = content[:40].decode("utf-8", "replace").strip()
        return f"a text ({start!r}), not a checkpoint; {_DOWNLOAD}"
    if isinstance(fields, dict) and "weight_map" in fields:
        return None
    return "JSON, not a checkpoint; a config is given as `config`"
