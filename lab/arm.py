"""The ARM laboratory: 64-bit ARM processors that QEMU emulates, with the runtimes' own wheels."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..errors import LabError
from ..process.tool import check_program, run_tool
from ..progress import Progress
from . import wheels
from .debian import BACKPORTS, SYSTEM_LIBRARIES, DebianArchive
from .place import Lab, new_lab, open_lab

NAME = "arm"

MEGABYTES = 2000

CPUS = {
    "cortex-a53": "cortex-a53",
    "cortex-a76": "cortex-a76",
    "i8mm": "max,sve=off,sme=off",
    "sme": "max",
}
"""What processors stand for, as QEMU calls them: kernels without the dot product, with SDOT,
with SMMLA, and with SME."""

COUNTED_CPUS = ("cortex-a53", "cortex-a76", "i8mm")
"""Those that the QEMU which counts instructions computes rightly."""

QEMU_PACKAGE = "qemu-user:amd64"
QEMU = "qemu/usr/bin/qemu-aarch64"
COUNTING_QEMU = "counter/usr/bin/qemu-aarch64"
PLUGIN = "instruction_counter.so"
LIBRARY = "libexecutorch_library.so"
PYTHON = "root/usr/bin/python3.11"

_USERLAND = ("python3.11-minimal", "libpython3.11", "libstdc++6", "libgomp1")

_NATIVE = Path(__file__).parent / "native"
_LINKED = (
    "executorch",
    "executorch_kernels_optimized",
    "executorch_kernels_quantized",
    "executorch_backend_xnnpack",
    "executorch_threadpool",
)
_COMPILER = "aarch64-linux-gnu-g++-12"
_AMD64 = "usr/lib/x86_64-linux-gnu"
_LOADER = "lib64/ld-linux-x86-64.so.2"


def build_arm_lab(progress: Progress) -> Lab:
    """Fetches two QEMUs, an ARM userland and the runtimes' wheels, and builds two libraries.

    About 300 MB are fetched. QEMU of the backports computes rightly for every processor but
    is linked statically and so takes no plugins; the release's own counts instructions.

    Raises:
        LabError: Something cannot be had or built; an older laboratory stays as it was.
    """
    check_program("cc", NAME, "gcc and libc6-dev")
    versions: dict[str, str] = {}
    with new_lab(NAME, versions, MEGABYTES) as folder:
        with progress.step("reading the package lists"):
            archive = DebianArchive(folder / "archive")
        with progress.step("fetching QEMU"):
            versions |= archive.unpack_alone(["qemu-user"], folder / "qemu", release=BACKPORTS)
        with progress.step("fetching the QEMU that counts"):
            found = archive.unpack(["qemu-user"], folder / "counter")
            versions["qemu-user, counting"] = found["qemu-user:amd64"]
        with progress.step("fetching an ARM userland"):
            versions |= archive.unpack(
                [f"{name}:arm64" for name in _USERLAND],
                folder / "root",
            )
        with progress.step("fetching wheels for ARM"):
            versions |= _fetch_wheels(folder / "site")
        with progress.step("fetching a compiler for ARM"):
            versions |= archive.unpack(
                ["g++-12-aarch64-linux-gnu"], folder / "compiler", leave_out=SYSTEM_LIBRARIES
            )
        with progress.step("building the ExecuTorch library"):
            _build_library(folder)
        with progress.step("building the instruction counter"):
            _build_plugin(folder)
        with progress.step("describing processors"):
            _describe_processors(folder)
        for name in ("compiler", "archive"):
            shutil.rmtree(folder / name)
    return open_lab(NAME)


def emulator(lab: Lab, cpu: str) -> list[str]:
    """The command before a program for ARM.

    Args:
        lab: The laboratory.
        cpu: One of :data:`CPUS`.
    """
    return [str(lab.folder / QEMU), "-cpu", CPUS[cpu], "-L", str(lab.folder / "root")]


def counting_emulator(lab: Lab, cpu: str, counts: Path, *, clock_counts: bool = False) -> list[str]:
    """The command before a program for ARM whose instructions are to be counted.

    Args:
        lab: The laboratory.
        cpu: One of :data:`COUNTED_CPUS`.
        counts: The file that the plugin writes.
        clock_counts: Whether the program's clocks tell instructions in place of time, one a
            microsecond, so that its own profilers count.
    """
    clock = ",clock=on" if clock_counts else ""
    counter = lab.folder / "counter"
    return [
        str(counter / _LOADER),
        "--library-path",
        f"{counter / _AMD64}:{counter / 'lib/x86_64-linux-gnu'}",
        str(lab.folder / COUNTING_QEMU),
        *("-cpu", CPUS[cpu], "-L", str(_described_root(lab.folder, cpu))),
        *("-plugin", f"{lab.folder / PLUGIN},out={counts}{clock}"),
    ]


def check_cpu(cpu: str) -> None:
    """Refuses a processor that the laboratory does not know.

    Raises:
        LabError: It is none of :data:`CPUS`.
    """
    if cpu not in CPUS:
        raise LabError(f"no ARM processor is called {cpu!r}; there are {', '.join(CPUS)}")


def _fetch_wheels(site: Path) -> dict[str, str]:
    """What runs bundles without torch; of executorch, its libraries and headers alone."""
    packages = wheels.requirements("tflite-runtime", "onnx-runtime", "coreml-runtime")
    executorch = wheels.requirement("executorch", "executorch")
    wheels.install(packages, site)
    wheels.install([executorch], site / "executorch-wheel", with_dependencies=False)
    return dict(item.split("==") for item in (*packages, executorch))


def _build_library(folder: Path) -> None:
    """Compiles the ExecuTorch library against the wheel's, which it finds beside itself."""
    compiler = folder / "compiler"
    package = folder / "site" / "executorch-wheel" / "executorch"
    libraries = package / "lib"
    cross = compiler / "usr" / "aarch64-linux-gnu"
    run_tool(
        [
            compiler / "usr/bin" / _COMPILER,
            *("-std=c++17", "-O2", "-shared", "-fPIC", "-DC10_USING_CUSTOM_GENERATED_MACROS"),
            *(f"--sysroot={compiler}", "-idirafter", cross / "include"),
            *("-B", cross / "lib", "-L", cross / "lib"),
            *("-I", package / "include"),
            *("-I", package / "include/executorch/runtime/core/portable_type/c10"),
            _NATIVE / "executorch_library.cpp",
            *("-o", libraries / LIBRARY, "-L", libraries, "-Wl,-rpath,$ORIGIN"),
            *("-Wl,--no-as-needed", *(f"-l{name}" for name in _LINKED)),
            "-Wl,--allow-shlib-undefined",
        ],
        "compiling the ExecuTorch library",
        environment=_with_libraries(compiler / _AMD64)
        | {"PATH": f"{compiler / 'usr/bin'}:{os.environ.get('PATH', '')}"},
    )


def _build_plugin(folder: Path) -> None:
    """Compiles the instruction counter with this machine's C compiler."""
    run_tool(
        [
            *("cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"),
            *("-fvisibility=hidden", "-o", folder / PLUGIN),
            _NATIVE / "instruction_counter.c",
        ],
        "compiling the instruction counter",
    )


def _describe_processors(folder: Path) -> None:
    """Gives the counting QEMU each processor's ``/proc/cpuinfo``, as the newer one shows it.

    QEMU 7.2 shows programs the host's own, by which the runtimes would choose kernels.
    """
    lab = Lab(folder, {})
    for cpu in COUNTED_CPUS:
        text = run_tool(
            [*emulator(lab, cpu), folder / PYTHON, "-c", "print(open('/proc/cpuinfo').read())"],
            f"asking QEMU for {cpu}",
            environment=_with_libraries(None),
        )
        root = _described_root(folder, cpu)
        (root / "proc").mkdir(parents=True)
        (root / "proc" / "cpuinfo").write_text(text, encoding="utf-8")
        for entry in (folder / "root").iterdir():
            (root / entry.name).symlink_to(Path("..") / ".." / "root" / entry.name)


def _described_root(folder: Path, cpu: str) -> Path:
    return folder / "roots" / cpu


def _with_libraries(place: Path | None) -> dict[str, str]:
    """Our environment, with libraries from a place alone."""
    environment = dict(os.environ)
    environment.pop("LD_LIBRARY_PATH", None)
    if place:
        environment["LD_LIBRARY_PATH"] = str(place)
    return environment


def worker_environment(lab: Lab, package: Path) -> Sequence[str]:
    """QEMU's options that set a Python program's variables.

    Args:
        lab: The laboratory.
        package: A folder in which ``lowformer_edge`` is found.
    """
    site = lab.folder / "site"
    values = {
        "PYTHONPATH": f"{package}:{site}",
        "OMP_NUM_THREADS": "1",
        "LOWFORMER_EDGE_EXECUTORCH_LIBRARY": str(
            site / "executorch-wheel" / "executorch" / "lib" / LIBRARY
        ),
    }
    return [part for name, value in values.items() for part in ("-E", f"{name}={value}")]
