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
        made = _compiled()
        if made is None:
            print("fusionrt goes without its compiled core", file=sys.stderr)
            return
        if version != "editable":
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            build_data["artifacts"].append(f"/{made.relative_to(ROOT).as_posix()}")


def _compiled() -> Path | None:
    """The extension's file; None where it cannot be compiled: it is told why."""
    sources = sorted(str(source.relative_to(ROOT)) for source in SOURCES.glob("*.c"))
    extension = Extension("fusionrt._core", sources, optional=True)
    distribution = Distribution({"name": "fusionrt", "ext_modules": [extension]})
    command = distribution.get_command_obj("build_ext")
    command.build_lib = str(PLACE)
    command.build_temp = str(ROOT / "build")
    command.force = True
    command.ensure_finalized()
    made = PLACE / command.get_ext_filename("fusionrt._core")
    made.unlink(missing_ok=True)
    command.run()
    return made if made.exists() else None
