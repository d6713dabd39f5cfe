from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lowformer_edge.artifact.replacement import check_replaceable
from lowformer_edge.errors import ArtifactError


@pytest.fixture
def bundle(demo_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_bundle, tmp_path / "bundle"))


def test_free_places_and_empty_folders(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    check_replaceable(tmp_path / "empty", overwrite=False)
    check_replaceable(tmp_path / "absent", overwrite=False)


def test_a_bundle_is_replaced_on_request_only(bundle: Path) -> None:
    check_replaceable(bundle, overwrite=True)
    with pytest.raises(ArtifactError, match="give `overwrite`"):
        check_replaceable(bundle, overwrite=False)


def test_an_older_schema_can_be_replaced(bundle: Path) -> None:
    path = bundle / "manifest.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "schema_version": 0, "more": 1}))
    check_replaceable(bundle, overwrite=True)


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "folder"])
def test_a_users_file_beside_a_bundle_is_never_lost(name: str, bundle: Path) -> None:
    if name == "folder":
        (bundle / name).mkdir()
    else:
        (bundle / name).write_text("mine")
    with pytest.raises(ArtifactError, match=f"holds {name}, which is no bundle's file"):
        check_replaceable(bundle, overwrite=True)


@pytest.mark.parametrize(
    "content", ['{"name": "a web app"}', "[]", "{", '{"artifacts": 3, "schema_version": 1}']
)
def test_another_projects_manifest_does_not_make_a_bundle(content: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ArtifactError, match=r"holds manifest\.json, which is no bundle's"):
        check_replaceable(tmp_path, overwrite=True)


def test_files_and_links_are_not_replaced(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="not a folder"):
        check_replaceable(tmp_path / "file", overwrite=True)
    (tmp_path / "link").symlink_to(bundle)
    with pytest.raises(ArtifactError, match="is a link"):
        check_replaceable(tmp_path / "link", overwrite=True)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ArtifactError, match="is a link"):
        check_replaceable(tmp_path / "dangling", overwrite=True)
