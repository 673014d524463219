"""What pytest loads wherever fusiongen is installed: an option and a marker.

The work is done by `fusionrt.testing.plugin`, which is imported if a test asks for it: pytest would
import the whole runtime otherwise, also in projects that merely have it installed.
"""

from __future__ import annotations

import pytest

__all__: list[str] = []

_NAME = "fusion_recompute"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        _NAME,
        "after each test, compute every cached read again and fail for forgotten invalidations",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{_NAME}(enabled=True): look for forgotten invalidations after this test, or do not",
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    if any(map(_is_checked, session.items)):
        from fusionrt.testing.plugin import ForgottenInvalidations

        session.config.pluginmanager.register(ForgottenInvalidations(_is_checked))


def _is_checked(item: pytest.Item) -> bool:
    marker = item.get_closest_marker(_NAME)
    if marker is None:
        return bool(item.config.getini(_NAME))
    return bool(marker.args[0] if marker.args else marker.kwargs.get("enabled", True))
