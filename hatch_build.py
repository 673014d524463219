"""Compiles `fusionrt._core` for wheels and editable installs; where that fails, it is left out.

`FUSION_PURE=1` leaves it out, too, and makes a wheel for every platform.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.errors import BaseError

ROOT = Path(__file__).parent
SOURCES = ROOT / "runtime" / "core"
PLACE = ROOT / "runtime"
"""The core lies beside its twins: an editable install finds it there."""


class CoreHook(BuildHookInterface[Any]):
    """Part of the build; see `[tool.hatch.build.hooks.custom]`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say what the wheel holds."""
        if self.target_name != "wheel" or os.environ.get("FUSION_PURE", "0") != "0":
            return
        try:
            made = _compiled()
        except BaseError as error:
            print(f"fusionrt goes without its compiled core: {error}", file=sys.stderr)
            return
        if version != "editable":
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            build_data["artifacts"].append(f"/{made.relative_to(ROOT).as_posix()}")


def _compiled() -> Path:
    """The extension's file.

    Raises:
        BaseError: it cannot be compiled here.
    """
    extension = Extension(
        "fusionrt._core",
        sorted(str(source.relative_to(ROOT)) for source in SOURCES.glob("*.c")),
        depends=[str(SOURCES / "core.h")],
    )
    command = Distribution({"name": "fusionrt", "ext_modules": [extension]}).get_command_obj(
        "build_ext"
    )
    command.build_lib = str(PLACE)
    command.build_temp = str(ROOT / "build")
    command.ensure_finalized()
    command.run()
    name: str = command.get_ext_filename("fusionrt._core")
    return PLACE / name
