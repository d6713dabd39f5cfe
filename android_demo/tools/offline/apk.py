"""Packing the app: bytecode and native libraries beside resources, aligned and signed."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from .toolchain import Toolchain

_PASSWORD = "android"  # noqa: S105 - the customary one of keys that prove nothing
_ALIGNMENT = "4"


def pack_apk(
    toolchain: Toolchain,
    resources: Path,
    content: Mapping[str, Path],
    min_sdk: str,
    into: Path,
) -> None:
    """Writes an APK, signed with a key that is made for it and thrown away.

    Args:
        toolchain: Of the tools that align and sign.
        resources: An APK without code.
        content: All other files, by the name that they get.
        min_sdk: The oldest version of Android that is to install it.
        into: The file to write; it is there whole or not at all.

    Raises:
        CheckError: A tool refuses it.
    """
    packed = into.with_suffix(".packed")
    shutil.copyfile(resources, packed)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, path in content.items():
            archive.write(path, name)
    aligned = into.with_suffix(".aligned")
    zipalign = toolchain.android_program("zipalign")
    toolchain.run(zipalign, "-f", "-p", _ALIGNMENT, packed, aligned, what_for="aligning the APK")
    packed.unlink()
    _sign(toolchain, aligned, min_sdk)
    aligned.replace(into)


def verify_apk(toolchain: Toolchain, path: Path, min_sdk: str) -> str:
    """What the signature's check says of an APK.

    Raises:
        CheckError: Its signature or alignment is wrong.
    """
    zipalign = toolchain.android_program("zipalign")
    toolchain.run(
        *(zipalign, "-c", "-p", _ALIGNMENT, path), what_for=f"checking the alignment of {path.name}"
    )
    return _apksigner(
        toolchain,
        *("verify", "--verbose", "--Werr", "--min-sdk-version", min_sdk, path),
        what_for=f"checking the signature of {path.name}",
    )


def _sign(toolchain: Toolchain, path: Path, min_sdk: str) -> None:
    key = path.with_suffix(".jks")
    key.unlink(missing_ok=True)
    toolchain.run(
        toolchain.java_program("keytool"),
        *("-genkeypair", "-keystore", key, "-storepass", _PASSWORD, "-keypass", _PASSWORD),
        *("-alias", "test", "-keyalg", "RSA", "-keysize", "2048", "-validity", "10000"),
        *("-dname", "CN=lowformer-edge test product"),
        what_for="making a key",
    )
    _apksigner(
        toolchain,
        *("sign", "--ks", key, "--ks-pass", f"pass:{_PASSWORD}", "--v1-signing-enabled", "false"),
        *("--min-sdk-version", min_sdk, path),
        what_for="signing the APK",
    )
    key.unlink()
    path.with_name(f"{path.name}.idsig").unlink(missing_ok=True)


def _apksigner(toolchain: Toolchain, *arguments: str | Path, what_for: str) -> str:
    return toolchain.java(
        *("-cp", f"{toolchain.jar('apksigner')}:{toolchain.jar('apksig')}"),
        "com.android.apksigner.ApkSignerTool",
        *arguments,
        what_for=what_for,
    )
