"""The GPU laboratory: Vulkan devices in software."""

from __future__ import annotations

import shutil

from ..progress import Progress
from .debian import BACKPORTS, SYSTEM_LIBRARIES, DebianArchive, library_folders
from .place import Lab, new_lab, open_lab

NAME = "gpu"

MEGABYTES = 1000

SWIFTSHADER = "swiftshader"
LAVAPIPE = "lavapipe"

DRIVERS = {
    SWIFTSHADER: "swiftshader/vk_swiftshader_icd.json",
    LAVAPIPE: "libraries/usr/share/vulkan/icd.d/lvp_icd.json",
}
"""Vulkan's descriptions of the devices: SwiftShader knows no fp16, Mesa's lavapipe does."""

LIBRARIES = "libraries"
"""What was unpacked of Mesa and Vulkan's loader."""

_CHROMIUM = "usr/lib/chromium"


def build_gpu_lab(progress: Progress) -> Lab:
    """Fetches SwiftShader, lavapipe and Vulkan's loader, about 100 MB of packages.

    Raises:
        LabError: Something cannot be had; an older laboratory stays as it was.
    """
    versions: dict[str, str] = {}
    with new_lab(NAME, versions, MEGABYTES) as folder:
        with progress.step("reading the package lists"):
            archive = DebianArchive(folder / "archive")
        with progress.step("fetching Mesa's lavapipe"):
            versions |= archive.unpack(
                ["mesa-vulkan-drivers", "libvulkan1"],
                folder / LIBRARIES,
                release=BACKPORTS,
                leave_out=SYSTEM_LIBRARIES,
            )
        with progress.step("fetching SwiftShader"):
            versions |= archive.unpack_alone(["chromium-common"], folder / "chromium")
            (folder / SWIFTSHADER).mkdir()
            for name in ("libvk_swiftshader.so", "vk_swiftshader_icd.json"):
                (folder / "chromium" / _CHROMIUM / name).rename(folder / SWIFTSHADER / name)
        for name in ("chromium", "archive"):
            shutil.rmtree(folder / name)
    return open_lab(NAME)


def gpu_environment(lab: Lab, device: str) -> dict[str, str]:
    """The variables that make a process find a device of the laboratory.

    Args:
        lab: The laboratory.
        device: One of :data:`DRIVERS`.
    """
    driver = str(lab.folder / DRIVERS[device])
    return {
        "LD_LIBRARY_PATH": ":".join(
            str(place) for place in library_folders(lab.folder / LIBRARIES)
        ),
        "VK_DRIVER_FILES": driver,
        "VK_ICD_FILENAMES": driver,
        "MESA_SHADER_CACHE_DIR": str(lab.folder / "shaders"),
    }
