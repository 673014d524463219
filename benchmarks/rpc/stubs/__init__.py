"""What gRPC and Connect generate from `bench.proto`, made when it is needed, not checked in."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["make", "stub"]

ROOT = Path(__file__).parents[3]
SOURCE = Path(__file__).with_name("bench.proto")


def make() -> None:
    """Generate the modules anew, beside this file."""
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT}"]
    command += [f"--{kind}_out={ROOT}" for kind in ("python", "grpc_python", "connectrpc")]
    command += ["--connectrpc_opt=protobuf=google", str(SOURCE)]
    # The compiler looks for its plugins on the path.
    path = os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"]))
    subprocess.run(command, check=True, env=os.environ | {"PATH": path})


def stub(name: str) -> Any:
    """One of these modules."""
    return import_module(f"{__name__}.{name}")
