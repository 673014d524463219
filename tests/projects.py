"""Projects that a test writes as text: with the fixture `project`, see `conftest.py`."""

from __future__ import annotations

from collections.abc import Callable

from fusiongen.project import Project

CONFIG = '[tool.fusiongen]\ncontracts = ["shop/contracts.py"]\nout = "shop/generated"\n'

Write = Callable[..., Project]
