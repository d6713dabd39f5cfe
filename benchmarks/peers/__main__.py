"""B0 as other runtimes run it: ncnn, MNN, OpenVINO and plain ONNX Runtime, on the same weights.

Run by ``make peers``, which builds the ARM laboratory first. Installs the peers into
``build/peers``, in an environment of their own, converts, times all in turns on this machine, and
counts instructions of the peers' ARM packages on emulated processors. Files and counts are kept
there: delete it to begin anew, as after a change of our exports. What a peer cannot do is a row
with the reason. Prints Markdown for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...cli.terminal import TerminalProgress
from ...export.bundle import toolchain
from ...progress import Progress
from ...runtime.machine import describe_machine
from .arm import count_instructions, emulator_version
from .contenders import CONTENDERS, PLACES, X86
from .conversions import convert_all
from .environment import PEERS, make_arm_site, make_environment, pins
from .table import Found, counts_table, times_table, wins
from .turns import Timed, time_in_turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--on", nargs="+", choices=PLACES, default=list(PLACES))
    parser.add_argument("--rounds", type=int, default=100, help="timed inferences of each")
    parser.add_argument("--json", type=Path, help="writes everything that was measured there")
    arguments = parser.parse_args()
    begun, load = time.monotonic(), os.getloadavg()[0]
    machine, versions = describe_machine(), toolchain() | {name: pins()[name] for name in PEERS}
    with TerminalProgress() as progress:
        make_environment(progress)
        reasons = convert_all(progress)
        found = {
            place: measured(place, arguments.rounds, reasons, progress) for place in arguments.on
        }
    print("Machine: " + ", ".join(f"{key} {value}" for key, value in machine.items()) + ".")
    print(f"Load {load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end.")
    print("Packages: " + ", ".join(f"{key} {value}" for key, value in versions.items()) + ".\n")
    print_tables(found)
    print(f"\nAll of it took {(time.monotonic() - begun) / 60:.1f} minutes.")
    if arguments.json:
        record = {"machine": machine, "versions": versions, "found": recorded(found)}
        arguments.json.write_text(json.dumps(record, indent=1), encoding="utf-8")


def measured(place: str, rounds: int, reasons: Mapping[str, str], progress: Progress) -> Found:
    """What was found at a place of all that are compared there."""
    here = [one for one in CONTENDERS if place in one.places]
    missing = {one: reasons[one.folder] for one in here if one.folder in reasons}
    rest = [one for one in here if one not in missing]
    if place == X86:
        return {**missing, **time_in_turns(rest, rounds, progress)}
    make_arm_site(progress)
    return {**missing, **count_instructions(rest, place, progress)}


def print_tables(found: Mapping[str, Found]) -> None:
    """Prints times, counts, and who wins."""
    for place, results in found.items():
        if place == X86:
            print(f"One thread on this machine:\n\n{times_table(results)}")
        else:
            counter = f"counted under QEMU {emulator_version()}"
            print(f"Millions of instructions on {place}, {counter}:\n\n{counts_table(results)}")
    print("\n".join(line for place in found for line in wins(found[place], place)))


def recorded(found: Mapping[str, Found]) -> list[dict[str, Any]]:
    """Everything, for machines to read."""
    records = []
    for place, results in found.items():
        for contender, result in results.items():
            record: dict[str, Any] = {
                "place": place,
                "name": contender.name,
                "kind": contender.kind,
                "file": contender.file,
                "arithmetic": contender.arithmetic,
            }
            if isinstance(result, str):
                record["failure"] = result
            elif isinstance(result, Timed):
                record |= {"sqnr_db": result.sqnr_db, "ms": result.times.milliseconds.tolist()}
            else:
                classes = {"all": result.count.all, **result.count.classes}
                record |= {"sqnr_db": result.sqnr_db, "instructions": classes}
            records.append(record)
    return records


if __name__ == "__main__":
    main()
