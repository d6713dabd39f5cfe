"""The public names, how little importing them costs, and what wrong use is told."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lowformer_edge as lfe
from lowformer_edge.errors import LowFormerEdgeError

NAMES = {
    "functions": {
        "bench",
        "calibrate",
        "compare_files",
        "count_instructions",
        "export_model",
        "from_module",
        "load_model",
        "measure_sensitivity",
        "open_bundle",
        "open_images",
        "open_model",
        "prune_model",
        "search_recipe",
        "verify",
    },
    "types": {
        "Benchmark",
        "Bound",
        "Bundle",
        "Comparison",
        "DeployedModel",
        "ExportSpec",
        "LoadedModel",
        "LowFormer",
        "LowFormerConfig",
        "ObjectAnnotations",
        "Prediction",
        "Preprocessing",
        "Progress",
        "Pruned",
        "Ranges",
        "Recipe",
        "Rule",
        "Samples",
        "Verification",
    },
    "errors": {
        "ArtifactError",
        "CheckError",
        "CheckpointError",
        "ConfigError",
        "DataError",
        "ExportError",
        "LabError",
        "LowFormerEdgeError",
        "ManifestError",
        "MissingDependencyError",
        "SystemLimitError",
        "TargetError",
        "UsageError",
    },
}


def test_the_public_names_are_these() -> None:
    assert set(lfe.__all__) == {"__version__"}.union(*NAMES.values())
    assert set(lfe.__all__) <= set(dir(lfe))


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(lfe.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: (node.module or "")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(seen) | {"__version__"} == set(lfe.__all__)
    for name, module in seen.items():
        assert getattr(lfe, name).__module__ == f"lowformer_edge.{module}", name


@pytest.mark.parametrize("name", sorted(NAMES["functions"] | NAMES["types"]))
def test_every_name_is_documented(name: str) -> None:
    public = getattr(lfe, name)
    assert inspect.getdoc(public)
    if inspect.isfunction(public):
        documented = inspect.getdoc(public) or ""
        for parameter in inspect.signature(public).parameters:
            assert f"    {parameter}: " in documented, f"{name} says nothing of {parameter}"
        hints = inspect.get_annotations(public)
        assert {*inspect.signature(public).parameters, "return"} == set(hints)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'exprot_model'"):
        getattr(lfe, "exprot_model")  # noqa: B009 - a type checker would refuse the other form


def run(code: str, *, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, cwd=cwd
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_it_loads_neither_torch_nor_numpy(tmp_path: Path) -> None:
    run(
        """
        import sys
        import lowformer_edge
        assert not {"torch", "numpy", "pydantic", "PIL"} & set(sys.modules)
        """,
        cwd=tmp_path,
    )


def test_a_model_is_opened_where_torch_cannot_be_imported(
    demo_bundle: Path, tmp_path: Path
) -> None:
    out = run(
        f"""
        import sys
        sys.modules["torch"] = None
        import lowformer_edge as lfe
        bundle = lfe.open_bundle({str(demo_bundle)!r})
        pixels = bundle.golden().pixels
        with lfe.open_model(bundle, "tflite/int8") as model:
            print(*[model(image, top=1)[0].index for image in pixels])
        print(*bundle.golden().outputs["logits"].argmax(1))
        """,
        cwd=tmp_path,
    )
    classes, expected = out.splitlines()
    assert classes == expected


@pytest.fixture(scope="module")
def model() -> lfe.LoadedModel:
    return lfe.load_model()


@pytest.fixture(scope="module")
def other_size(model: lfe.LoadedModel) -> lfe.Samples:
    small = lfe.load_model("demo", random_weights=True, input_size=64)
    return lfe.open_images(np.zeros((4, 8, 8, 3), np.uint8), small)


API: Any = lfe
"""Unknown to the type checker, which would refuse most of what follows."""

WRONG_USES: dict[str, tuple[Callable[..., Any], str]] = {
    "unknown model": (lambda **_: API.load_model("b9"), "b9"),
    "missing checkpoint": (lambda **_: API.load_model("b0", weights="no.pt"), "no.pt"),
    "an input of three sides": (lambda **_: API.load_model(input_size=(96, 64, 3)), "`input_size`"),
    "input of half a pixel": (lambda **_: API.load_model(input_size=0.5), "`input_size`"),
    "an unknown parameter": (
        lambda **_: API.load_model(preprocessing={"crop": 1}),
        "`preprocessing` has no crop",
    ),
    "another class count": (lambda **_: API.load_model(labels=["a", "b"]), "class names"),
    "no LowFormer": (lambda **_: API.from_module(object()), "`network`"),
    "no model": (lambda **_: API.export_model("b0", "out", "tflite"), "`model`"),
    "unknown precision": (lambda model, **_: API.export_model(model, "out", "tflite/int5"), "int5"),
    "unknown format": (lambda model, **_: API.export_model(model, "out", ["tflight"]), "tflight"),
    "nothing to export": (lambda model, **_: API.export_model(model, "out", []), "`specs`"),
    "a number to export": (lambda model, **_: API.export_model(model, "out", [8]), "`specs`"),
    "specs that go apart": (
        lambda model, **_: API.export_model(
            model, "out", ["tflite", API.ExportSpec("tflite", batch=2)]
        ),
        "`specs`",
    ),
    "calibration of another size": (
        lambda model, other_size, **_: API.calibrate(model, other_size),
        "`images` are 64 x 64 pixels",
    ),
    "evaluation of another size": (
        lambda model, other_size, **_: API.export_model(
            model, "out", "tflite", evaluation=other_size
        ),
        "`evaluation` are 64 x 64 pixels",
    ),
    "calibration by a path": (
        lambda model, **_: API.export_model(model, "out", "tflite/int8", calibration="photos"),
        "`calibration`",
    ),
    "unknown observer": (
        lambda model, bundle, **_: API.calibrate(
            model, API.open_images(bundle.golden().pixels, model), observer="guess"
        ),
        "guess",
    ),
    "no runs": (lambda model, **_: API.export_model(model, "out", "tflite", runs=0), "`runs`"),
    "images of floats": (
        lambda model, **_: API.open_images(np.zeros((1, 8, 8, 3)), model),
        "`source` must be uint8",
    ),
    "images of nothing": (lambda model, **_: API.open_images(None, model), "`source`"),
    "missing images": (lambda model, **_: API.open_images("no-folder", model), "no-folder"),
    "no image": (lambda model, **_: API.open_images([], model), "`source`"),
    "too many labels": (
        lambda model, **_: API.open_images(
            np.zeros((2, 8, 8, 3), np.uint8), model, labels=[1, 2, 3]
        ),
        "labels",
    ),
    "no bundle": (lambda **_: API.open_bundle("no-bundle"), "no-bundle"),
    "no file": (lambda **_: API.open_model("no.tflite"), "no.tflite"),
    "one of several files": (lambda bundle, **_: API.open_model(bundle), "`artifact`"),
    "a file that is not there": (
        lambda bundle, **_: API.open_model(bundle, "onnx"),
        "`artifact` one of tflite/fp32",
    ),
    "no threads": (lambda bundle, **_: API.open_model(bundle, "int8", threads=0), "`threads`"),
    "a model of another kind": (lambda **_: API.open_model(7), "`source`"),
    "labels of another model": (
        lambda bundle, **_: API.open_model(bundle, "int8", labels=["one"]),
        "`labels`",
    ),
    "preprocessing of another model": (
        lambda bundle, **_: API.open_model(
            bundle, "int8", preprocessing=API.Preprocessing(size=64)
        ),
        "`preprocessing`",
    ),
    "unknown target": (lambda bundle, **_: API.verify(bundle, on="moon"), "moon"),
    "weights of another model": (
        lambda bundle, **_: API.verify(bundle, weights=API.load_model("demo", random_weights=True)),
        "`weights`",
    ),
    "nothing to time": (lambda **_: API.bench([]), "`files`"),
    "one process": (lambda bundle, **_: API.bench(bundle, processes=1), "`processes`"),
}


@pytest.mark.parametrize("use", WRONG_USES)
def test_wrong_use_gives_one_clear_error_of_ours(
    use: str,
    model: lfe.LoadedModel,
    other_size: lfe.Samples,
    demo_bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    call, told = WRONG_USES[use]
    with pytest.raises(LowFormerEdgeError) as caught:
        call(model=model, other_size=other_size, bundle=lfe.open_bundle(demo_bundle))
    assert told in str(caught.value)
    assert "--" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
