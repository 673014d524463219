"""What an installation without an extra says of it."""

from __future__ import annotations

import subprocess
import sys

IMPORTS_ALL = """
import importlib, pkgutil, sys

INSTALLED = {
    *sys.stdlib_module_names, "annotated_types", "fusionrt", "msgspec", "nats", "pydantic",
    "pydantic_core", "typing_extensions", "typing_inspection",
}

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in INSTALLED and not name.startswith("_"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Nothing())
import fusionrt

modules = pkgutil.walk_packages(fusionrt.__path__, "fusionrt.", onerror=lambda name: None)
for name in (module.name for module in modules):
    if name.endswith(".__main__") or name == "fusionrt.testing.plugin":  # pytest imports it
        continue
    try:
        importlib.import_module(name)
    except fusionrt.MissingPackage as missing:
        print(name, missing.requirement)
"""


def test_each_module_imports_or_names_the_extra_that_it_needs() -> None:
    """With the dependencies alone: not one says only that some package is missing."""
    run = [sys.executable, "-c", IMPORTS_ALL]
    told = subprocess.run(run, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert dict(line.split() for line in told.stdout.splitlines()) == {
        "fusionrt.ext.sql": "fusiongen[sql]",
        "fusionrt.otel": "fusiongen[otel]",
        "fusionrt.sql": "fusiongen[sql]",
        "fusionrt.web": "fusiongen[web]",
    }
