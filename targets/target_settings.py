"""What follows a target's place on a command line: ``ssh:HOST?python=PATH``."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import UsageError


def split_settings(name: str, known: Collection[str]) -> tuple[str, dict[str, str]]:
    """A target's place, and its settings.

    Args:
        name: Such as ``ssh:pi@10.0.0.7?python=/opt/venv/bin/python``; ``&`` between settings.
        known: The settings that there are.

    Raises:
        UsageError: A setting is unknown, or has no value.
    """
    place, _, text = name.partition("?")
    settings: dict[str, str] = {}
    for item in text.split("&") if text else []:
        key, _, value = item.partition("=")
        if key not in known or not value or key in settings:
            choices = " and ".join(f"{key}=..." for key in known)
            raise UsageError(f"{name}: {item!r} cannot follow the ?; there can be {choices}")
        settings[key] = value
    return place, settings
