"""The instruction counter's classes, by a program whose instructions are known.

The program is an ELF file written here word by word: each instruction some times, then a mark. The
words are what GNU as 2.40 makes of the lines beside them.
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from lowformer_edge.lab.arm import counting_emulator
from lowformer_edge.lab.place import Lab
from lowformer_edge.runtime.measure.instructions import InstructionCount, read_counts

INSTRUCTIONS = {
    "fmla v0.4s, v1.4s, v2.4s": (0x4E22CC20, "fp32-fma"),
    "fmla v0.2d, v1.2d, v2.2d": (0x4E62CC20, "fp32-fma"),
    "fmla v16.2s, v17.2s, v18.2s": (0x0E32CE30, "fp32-fma"),
    "fmla v0.4s, v1.4s, v2.s[3]": (0x4FA21820, "fp32-fma"),
    "fmla v0.2d, v1.2d, v2.d[1]": (0x4FC21820, "fp32-fma"),
    "fmla v0.8h, v1.8h, v2.8h": (0x4E420C20, "fp16-fma"),
    "fmla v0.4h, v1.4h, v2.4h": (0x0E420C20, "fp16-fma"),
    "fmla v0.8h, v1.8h, v2.h[7]": (0x4F321820, "fp16-fma"),
    "fmlal v0.4s, v1.4h, v2.4h": (0x4E22EC20, "fp16-fma"),
    "fmlal2 v0.4s, v1.4h, v2.4h": (0x6E22CC20, "fp16-fma"),
    "fmlal v0.4s, v1.4h, v2.h[7]": (0x4FB20820, "fp16-fma"),
    "fmlal2 v0.2s, v1.2h, v2.h[5]": (0x2F928820, "fp16-fma"),
    "bfdot v0.4s, v1.8h, v2.8h": (0x6E42FC20, "bf16-fma"),
    "bfdot v0.4s, v1.8h, v2.2h[3]": (0x4F62F820, "bf16-fma"),
    "bfmlalb v0.4s, v1.8h, v2.8h": (0x2EC2FC20, "bf16-fma"),
    "bfmlalt v0.4s, v1.8h, v2.8h": (0x6EC2FC20, "bf16-fma"),
    "bfmlalb v0.4s, v1.8h, v2.h[7]": (0x0FF2F820, "bf16-fma"),
    "bfmlalt v0.4s, v1.8h, v2.h[1]": (0x4FD2F020, "bf16-fma"),
    "bfmmla v0.4s, v1.8h, v2.8h": (0x6E42EC20, "bf16-fma"),
    "sdot v0.4s, v1.16b, v2.16b": (0x4E829420, "dot-product"),
    "udot v0.2s, v1.8b, v2.8b": (0x2E829420, "dot-product"),
    "sdot v0.4s, v1.16b, v2.4b[3]": (0x4FA2E820, "dot-product"),
    "udot v0.4s, v1.16b, v2.4b[1]": (0x6FA2E020, "dot-product"),
    "usdot v0.4s, v1.16b, v2.16b": (0x4E829C20, "dot-product"),
    "usdot v0.4s, v1.16b, v2.4b[2]": (0x4F82F820, "dot-product"),
    "sudot v0.4s, v1.16b, v2.4b[3]": (0x4F22F820, "dot-product"),
    "smmla v0.4s, v1.16b, v2.16b": (0x4E82A420, "matrix"),
    "ummla v0.4s, v1.16b, v2.16b": (0x6E82A420, "matrix"),
    "usmmla v0.4s, v1.16b, v2.16b": (0x4E82AC20, "matrix"),
    "smlal v0.4s, v1.4h, v2.4h": (0x0E628020, "widening"),
    "umlal2 v0.8h, v1.16b, v2.16b": (0x6E228020, "widening"),
    "smlal2 v0.4s, v1.8h, v2.h[7]": (0x4F722820, "widening"),
    "smlsl v0.4s, v1.4h, v2.4h": (0x0E62A020, "widening"),
    "smull v0.8h, v1.8b, v2.8b": (0x0E22C020, "widening"),
    "umull v0.4s, v1.4h, v2.h[3]": (0x2F72A020, "widening"),
    "add v0.4s, v1.4s, v2.4s": (0x4EA28420, "other-vector"),
    "fadd s0, s1, s2": (0x1E222820, "other-vector"),
    "fmadd s0, s1, s2, s3": (0x1F020C20, "other-vector"),
    "fmul v0.4s, v1.4s, v2.4s": (0x6E22DC20, "other-vector"),
    "fmls v0.4s, v1.4s, v2.4s": (0x4EA2CC20, "other-vector"),
    "fmlsl v0.4s, v1.4h, v2.4h": (0x4EA2EC20, "other-vector"),
    "fcmla v0.4s, v1.4s, v2.4s, #90": (0x6E82CC20, "other-vector"),
    "mla v0.4s, v1.4s, v2.4s": (0x4EA29420, "other-vector"),
    "pmull v0.8h, v1.8b, v2.8b": (0x0E22E020, "other-vector"),
    "sqdmlal v0.4s, v1.4h, v2.4h": (0x0E629020, "other-vector"),
    "sqdmull v0.4s, v1.4h, v2.h[3]": (0x0F72B020, "other-vector"),
    "sqrdmlah v0.4s, v1.4s, v2.4s": (0x6E828420, "other-vector"),
    "ldr q0, [x9]": (0x3DC00120, "load-store"),
    "stp q0, q1, [x9]": (0xAD000520, "load-store"),
    "ldr w10, [x9]": (0xB940012A, "load-store"),
    "add x9, x9, #0": (0x91000129, None),
}
"""Of each instruction its word and its class."""

TIMES = 5
"""How often the program executes each."""

MARK = 5000
EXIT = 93
SYSTEM_CALL = 3
"""Instructions of a system call: the one before each mark is counted to it."""

ADDRESS = 0x400000
HEADERS = 64 + 56
SCRATCH = 0x200
"""Room behind the program's words, into which the stores go."""


def system_call(number: int, argument: int) -> list[int]:
    """The words of ``movz x8, number``, ``movz x0, argument`` and ``svc 0``."""
    return [0xD2800000 | number << 5 | 8, 0xD2800000 | argument << 5, 0xD4000001]


def scratch_address(words: int) -> int:
    """The word of ``adr x9``, the scratch, where it is the first before so many."""
    offset = (words + 1) * 4
    return 0x10000009 | (offset & 3) << 29 | (offset >> 2) << 5


def program(words: list[int]) -> bytes:
    """A statically linked ELF file for 64-bit ARM, of one segment and no section."""
    code = struct.pack(f"<{len(words)}I", *words) + bytes(SCRATCH)
    length = HEADERS + len(code)
    ident = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    header = ident + struct.pack(
        "<HHIQQQIHHHHHH", 2, 183, 1, ADDRESS + HEADERS, 64, 0, 0, 64, 56, 1, 64, 0, 0
    )
    segment = struct.pack("<IIQQQQQQ", 1, 7, 0, ADDRESS, ADDRESS, length, length, 0x10000)
    return header + segment + code


@pytest.fixture(scope="module")
def counts(arm_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, InstructionCount]:
    words = []
    for label, (word, _) in enumerate(INSTRUCTIONS.values(), 1):
        words += [word] * TIMES + system_call(MARK, label)
    words += system_call(EXIT, 0)
    folder = tmp_path_factory.mktemp("counter")
    path, written = folder / "program", folder / "counts"
    words = [*system_call(MARK, 0), *words]
    path.write_bytes(program([scratch_address(len(words)), *words]))
    path.chmod(0o755)
    subprocess.run([*counting_emulator(arm_lab, "i8mm", written), str(path)], check=True)
    return dict(zip(INSTRUCTIONS, read_counts(written.read_text()), strict=True))


def test_clocks_tell_instructions(arm_lab: Lab, tmp_path: Path) -> None:
    clock, write, between = 113, 64, 1000
    read = [0xD2800020, 0xD2800000 | clock << 5 | 8, 0xD4000001]  # movz x0, 1; movz x8; svc
    words = [0xAA0903E1, *read]  # mov x1, x9
    words += [0x91000129] * between
    words += [0x91004121, *read]  # add x1, x9, 16
    words += [0xD2800020, 0xAA0903E1, 0xD2800402]  # movz x0, 1; mov x1, x9; movz x2, 32
    words += [0xD2800000 | write << 5 | 8, 0xD4000001, *system_call(EXIT, 0)]
    path = tmp_path / "program"
    path.write_bytes(program([scratch_address(len(words)), *words]))
    path.chmod(0o755)
    command = counting_emulator(arm_lab, "i8mm", tmp_path / "counts", clock_counts=True)
    ran = subprocess.run([*command, str(path)], check=True, capture_output=True)
    seconds, nanoseconds, later_seconds, later_nanoseconds = struct.unpack("<4q", ran.stdout)
    passed = (later_seconds - seconds) * 10**9 + later_nanoseconds - nanoseconds
    assert passed == 1000 * (between + 1 + len(read))


@pytest.mark.parametrize("instruction", INSTRUCTIONS)
def test_an_instruction_counts_in_its_class_alone(
    instruction: str, counts: dict[str, InstructionCount]
) -> None:
    _, expected = INSTRUCTIONS[instruction]
    count = counts[instruction]
    assert {name: number for name, number in count.classes.items() if number} == (
        {expected: TIMES} if expected else {}
    )
    assert count.all == TIMES + SYSTEM_CALL
