"""The GPU laboratory's libraries need nothing of this machine but C and C++."""

from __future__ import annotations

import json

import pytest

from lowformer_edge.lab.gpu import DRIVERS, LIBRARIES, gpu_environment
from lowformer_edge.lab.place import Lab

from .linking import libraries_from_elsewhere


@pytest.mark.parametrize("device", DRIVERS)
def test_drivers_load_the_labs_own_libraries(gpu_lab: Lab, device: str) -> None:
    driver = gpu_lab.folder / DRIVERS[device]
    name = json.loads(driver.read_text(encoding="utf-8"))["ICD"]["library_path"]
    (library,) = gpu_lab.folder.rglob(name.rpartition("/")[2])
    environment = gpu_environment(gpu_lab, device)
    assert not libraries_from_elsewhere(library, gpu_lab.folder, environment)


def test_the_loader_is_the_labs_own(gpu_lab: Lab) -> None:
    (loader,) = (gpu_lab.folder / LIBRARIES).rglob("libvulkan.so.1")
    environment = gpu_environment(gpu_lab, next(iter(DRIVERS)))
    assert not libraries_from_elsewhere(loader, gpu_lab.folder, environment)
