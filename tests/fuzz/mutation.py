"""Changes content as damage and malice do, by what it is made of; by the same seed the same."""

from __future__ import annotations

import copy
import io
import itertools
import json
import random
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Tree = Any
"""Plain values, as JSON has them."""

_NUMBERS: tuple[Any, ...] = (
    -1, 0, 1, 2, 3, 255, 30_000, 2**31 - 1, 2**31, 2**63, 10**40, -(2**63), 0.5, -0.0, 1e-45,
    1e308, float("inf"), float("nan"), True,
)  # fmt: skip

_TEXTS = (
    "", " ", "a", "²", "١", "\ud800", "\0", "\x1b[31m", "a\nb", "ü" * 300, "x" * 5000, "..", "/",
    "../..", "NaN", "-1", "1" * 5000, "fp7", "exact", "manifest.json", "loop", "C:\\x", "%s{0}",
)  # fmt: skip

_LITERALS = (
    "1" + "0" * 400, "1" * 5000, "1e999", "-1e999", "NaN", '"\\ud800"', '"\\u0000"', "[" * 50_000,
    '{"a":' * 20_000, "[" * 3000 + "]" * 3000, "", "'", "\x00", "\ufeff",
)  # fmt: skip
"""What stands in a JSON text in place of a value, and what no tree of values holds."""

MARK = "@literal@"


def json_text(generator: random.Random, tree: Tree, kept: tuple[str, ...] = ()) -> bytes:
    """A JSON text with some changes.

    Args:
        generator: Draws them.
        tree: The values as they are.
        kept: Names at the top that stay.
    """
    changed = changed_tree(generator, tree, kept)
    literal = None
    if generator.random() < 0.15:
        literal = generator.choice(_LITERALS)
        _put(generator, changed, MARK, kept)
    text = json.dumps(changed)
    if literal is not None:
        text = text.replace(json.dumps(MARK), literal)
    content = text.encode("utf-8", "surrogatepass")
    return changed_bytes(generator, content, 3) if generator.random() < 0.05 else content


def changed_tree(generator: random.Random, tree: Tree, kept: tuple[str, ...] = ()) -> Tree:
    """Values of which one or a few are others, missing, doubled or of another type."""
    tree = copy.deepcopy(tree)
    for _ in range(generator.choice((1, 1, 1, 2, 3))):
        _put(generator, tree, None, kept)
    return tree


def _put(generator: random.Random, tree: Tree, value: Tree, kept: tuple[str, ...]) -> None:
    """Changes one place in a tree: to a value, or in any way where that is None."""
    places = [place for place in _places(tree) if not (place[0] is tree and place[1] in kept)]
    if not places:
        return
    holder, key = generator.choice(places)
    if value is not None:
        holder[key] = value
        return
    other_holder, other_key = generator.choice(places)
    way = generator.random()
    if way < 0.15:
        del holder[key]
    elif way < 0.25 and isinstance(holder, dict) and isinstance(key, str):
        holder[generator.choice(_TEXTS)] = holder.pop(key)
    elif way < 0.35:
        holder[key] = copy.deepcopy(other_holder[other_key])
    elif way < 0.4 and isinstance(holder, list):
        holder.extend([holder[key]] * generator.choice((1, 9, 1000)))
    else:
        holder[key] = _other(generator, holder[key])


def _other(generator: random.Random, value: Tree) -> Tree:
    """Something in a value's place, of its own type more often than not."""
    if generator.random() < 0.35:
        containers: tuple[Tree, ...] = (
            None,
            [],
            {},
            [[]],
            {"": None},
            [None],
            [value],
            {"a": value},
        )
        return copy.deepcopy(generator.choice((*containers, *_NUMBERS, *_TEXTS)))
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        near = (value + 1, value - 1, -value, value * 2, value // 2, value << 20, value << 40)
        return generator.choice((*_NUMBERS, *near))
    if isinstance(value, float):
        return generator.choice((*_NUMBERS, -value, value * 1e30, value / 1e30))
    if isinstance(value, str):
        return generator.choice((*_TEXTS, value + generator.choice(_TEXTS), value[:-1], value[1:]))
    return generator.choice((*_NUMBERS, *_TEXTS))


def _places(tree: Tree) -> list[tuple[Any, Any]]:
    """Every place in a tree; those within few are as likely as those within many."""
    return list(_walk(tree))


def _walk(tree: Tree) -> Iterator[tuple[Any, Any]]:
    keys = (
        list(tree) if isinstance(tree, dict) else range(len(tree) if isinstance(tree, list) else 0)
    )
    for key in keys:
        yield tree, key
        yield from _walk(tree[key])


def changed_bytes(generator: random.Random, content: bytes, most: int = 8) -> bytes:
    """Bytes with bits flipped, numbers replaced, and pieces lost, doubled or moved."""
    changed = bytearray(content)
    for _ in range(generator.randint(1, most)):
        if not changed:
            break
        place = generator.randrange(len(changed))
        # The structure is at the beginning of some formats and at the end of others.
        if generator.random() < 0.3:
            place = place % min(len(changed), 2048)
        elif generator.random() < 0.3:
            place = len(changed) - 1 - place % min(len(changed), 4096)
        _change_at(generator, changed, place)
    return bytes(changed)


def _change_at(generator: random.Random, changed: bytearray, place: int) -> None:
    way = generator.random()
    if way < 0.45:
        changed[place] ^= 1 << generator.randrange(8)
    elif way < 0.6:
        changed[place] = generator.choice((0, 1, 2, 4, 16, 127, 128, 254, 255))
    elif way < 0.8:
        number = generator.choice((0, 1, 255, 65535, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**16))
        start = place & ~3
        changed[start : start + 4] = struct.pack("<I", number)[: len(changed) - start]
    elif way < 0.88:
        start = place & ~7
        number = generator.choice((0, 2**32, 2**63 - 1, 2**64 - 1, 2**40))
        changed[start : start + 8] = struct.pack("<Q", number)[: len(changed) - start]
    elif way < 0.92:
        del changed[place : place + generator.choice((1, 4, 64, 10_000))]
    elif way < 0.95:
        del changed[place:]
    else:
        part = changed[place : place + generator.choice((1, 4, 64, 1024))]
        changed[place:place] = part * generator.choice((1, 3))


def changed_zip(generator: random.Random, content: bytes, change: Change) -> bytes:
    """A zip archive, one of whose members is changed, or that is itself."""
    way = generator.random()
    if way < 0.1:
        return changed_bytes(generator, content, 3)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(item, archive.read(item)) for item in archive.infolist()]
    chosen = generator.randrange(len(members))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (item, held) in enumerate(members):
            name = item.filename
            if number == chosen:
                if way < 0.15:
                    continue
                if way < 0.2:
                    name = _odd_name(generator) + name
                else:
                    held = change(generator, name, held)
            archive.writestr(name, held)
    found = out.getvalue()
    return found if generator.random() < 0.95 else _lying_zip(generator, found)


Change = Callable[[random.Random, str, bytes], bytes]
"""Changes a member of an archive, by its name and content."""


def _odd_name(generator: random.Random) -> str:
    """What no file should be called, as far as archives can hold it."""
    return generator.choice(_TEXTS[:14]).replace("\0", "").encode("utf-8", "replace").decode()


def zip_of(contents: Mapping[str, bytes]) -> bytes:
    """A zip archive of files, by their paths."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in contents.items():
            archive.writestr(name, held)
    return out.getvalue()


def tar_of(contents: Mapping[str, bytes]) -> bytes:
    """The same as a tar archive, which is not compressed."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, held in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(held)
            archive.addfile(member, io.BytesIO(held))
    return out.getvalue()


def changed_tar(generator: random.Random, contents: Mapping[str, bytes], change: Change) -> bytes:
    """A tar archive, one of whose members is changed, or its header, or the archive itself."""
    chosen = generator.choice(sorted(contents))
    changed = dict(contents)
    way = generator.random()
    if way < 0.45:
        changed[chosen] = change(generator, chosen, changed[chosen])
    elif way < 0.5:
        del changed[chosen]
    elif way < 0.55:
        held = changed.pop(chosen)
        changed |= {f"{number}/{chosen}": held for number in range(generator.choice((2, 2000)))}
    elif way < 0.65:
        changed[_odd_name(generator) + chosen] = changed.pop(chosen)
    content = tar_of(changed)
    if way < 0.65:
        return content
    if way < 0.75:
        return changed_bytes(generator, content, 3)
    start = content.find(chosen.encode())
    return _with_header(generator, content, start)


def _with_header(generator: random.Random, content: bytes, start: int) -> bytes:
    """An archive with one field of a member's header changed, and the sum that fits."""
    header = bytearray(content[start : start + tarfile.BLOCKSIZE])
    place, values = generator.choice(_TAR_FIELDS)
    value = generator.choice(values)
    header[place : place + len(value)] = value
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    return content[:start] + bytes(header) + content[start + tarfile.BLOCKSIZE :]


_TAR_FIELDS: tuple[tuple[int, tuple[bytes, ...]], ...] = (
    (100, (b"7777777\0", b"-000001\0", b"\xff" * 8)),
    (108, (b"\x80" + b"\xff" * 7, b"\xff" * 8)),
    (
        124,
        (
            *(b"00000000000\0", b"77777777777\0", b"-0000000001\0", b"99999999999\0", b"x" * 12),
            *(b"\x80" + b"\xff" * 11, b"\xff" * 12, b"\x80\0\0\0\0\x7f" + b"\xff" * 6),
        ),
    ),
    (136, (b"\x80" + b"\xff" * 11, b"            ")),
    (156, tuple(b"1234567LKNSVxgXAZ\0"[k : k + 1] for k in range(18))),
    (157, (b"../../../etc/passwd\0", b"/dev/zero\0", b"0/a.png\0", b"\xff" * 100)),
    (257, (b"ustar  \0", b"\0" * 8, b"ustar\x0099")),
    (345, (b"../" * 40, b"\xff" * 155, b"/" * 155)),
)
"""Of a member's header: mode, owner, size, time, type, link, format, prefix."""


def changed_words(generator: random.Random, content: bytes) -> bytes:
    """A text of which words or lines are others, missing or many, or its bytes damaged."""
    way = generator.random()
    if way < 0.3:
        return changed_bytes(generator, content, 4)
    if way < 0.4:
        text = content.decode()
        return generator.choice(
            (
                b"",
                b"\xef\xbb\xbf" + content,
                text.encode("utf-16"),
                text.replace("\n", "\r").encode(),
                content * 3000,
                bytes(4096),
            )
        )
    words = re.split(r"([\s,<>/=\"]+)", content.decode())
    for _ in range(generator.choice((1, 1, 2, 5))):
        place = generator.randrange(len(words))
        words[place] = generator.choice(
            (*_TEXTS, *map(str, _NUMBERS), "", words[place] * 2, f"{words[place]}\n", '"', ",")
        )
    return "".join(words).encode("utf-8", "surrogatepass")


def bomb(name: str, start: bytes, size: int) -> bytes:
    """An archive of a few megabytes, one of whose members unpacks to gigabytes of zeros.

    Args:
        name: The member's.
        start: What it begins with.
        size: Bytes of zeros behind that.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    packed_zeros = packer.compress(bytes(_PIECE)) + packer.flush(zlib.Z_FULL_FLUSH)
    count = size // _PIECE
    packed += packed_zeros * count + packer.flush()
    total = len(start) + count * _PIECE
    crc = zlib.crc32(start)
    for _ in range(count):
        crc = zlib.crc32(bytes(_PIECE), crc)
    encoded = name.encode()
    fields = (20, 0, 8, 0, 0, crc, len(packed), total, len(encoded), 0)
    local = b"PK\3\4" + struct.pack("<5H3L2H", *fields) + encoded + packed
    listed = b"PK\1\2\x14\0" + struct.pack("<5H3L2H", *fields) + bytes(14) + encoded
    end = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 1, 1, len(listed), len(local), 0)
    return local + listed + end


_PIECE = 1 << 20


def _lying_zip(generator: random.Random, content: bytes) -> bytes:
    """An archive whose directory says something else of a member."""
    start = content.rfind(b"PK\1\2")
    return content[:start] + changed_bytes(generator, content[start:], 4)


_SHAPES = (
    "", "0,", "1,", "-1,", "8, 64, 64", "8, 64, 64, 4", f"{10**9}, {10**9}", f"{2**62},", "8.0,",
    "8, 3000, 3000, 3", "0, 64, 64, 3", f"{10**400},", "(" * 200, "True,",
)  # fmt: skip
_TYPES = ("|u1", "<f4", "<f8", "<i8", "|O", "<U9", "|V8", "<c16", "<f2", "|S0", "<M8[ns]", "|b1")
"""Of arrays, as their headers have them."""


def changed_npy(generator: random.Random, content: bytes) -> bytes:
    """An array file with another header, or other values."""
    length = int.from_bytes(content[8:10], "little")
    header = content[10 : 10 + length].decode("latin-1").rstrip()
    body = content[10 + length :]
    way = generator.random()
    if way < 0.1:
        return changed_bytes(generator, content)
    if way < 0.2:
        return content[: generator.randrange(len(content))]
    start, end = header.find("(") + 1, header.rfind(")")
    if way < 0.55:
        header = header[:start] + generator.choice(_SHAPES) + header[end:]
    elif way < 0.85:
        old = header.split("'descr': '")[1].split("'")[0] if "'descr': '" in header else "<f4"
        header = header.replace(old, generator.choice(_TYPES))
    else:
        header = generator.choice(("", "{}", "None", header[:-1], header.replace("False", "True")))
    text = header.encode("latin-1", "replace")
    return content[:8] + len(text).to_bytes(2, "little", signed=False) + text + body


_ODD_YAML = (
    "&a [*a]", "!!python/object:os.system x", "2001-01-01", "!!binary aGk=", "0o17", "~", "1_000",
    "{{a: b}: c}", "!!set {a, b}", "<<: *a", "? [1, 2]\n: 3", "[" * 5000, f"0x{'f' * 5000}",
)  # fmt: skip

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in itertools.pairwise("abcdefghi")
)
"""A few hundred bytes of YAML that stand for 9**9 values."""


def yaml_text(generator: random.Random, tree: Tree) -> bytes:
    """A YAML text with some changes; JSON is YAML too."""
    way = generator.random()
    if way < 0.1:
        names = [name for name in tree if isinstance(tree[name], dict)] or list(tree)
        name = generator.choice(names)
        rest = {key: value for key, value in tree.items() if key != name}
        inner = generator.choice(
            (f"{name}: *i\n", f"{name}:\n  eval: *i\n", f"{name}: {{a: *i}}\n")
        )
        return (BOMB + "".join(f"{k}: {json.dumps(v)}\n" for k, v in rest.items()) + inner).encode()
    if way < 0.2:
        changed = changed_tree(generator, tree)
        _put(generator, changed, MARK, ())
        text = json.dumps(changed, ensure_ascii=True).replace(
            json.dumps(MARK), generator.choice(_ODD_YAML)
        )
        return text.encode()
    return json_text(generator, tree)
