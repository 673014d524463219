"""Services for the tests of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.natsserver import NatsServer

from .console import Background


@pytest.fixture(scope="module")
def shop_url(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a broker behind which both services of the example run."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    try:
        nats = ("--nats", server.url)
        with (
            Background("shop.app:products", *nats, cwd=project, module="fusionrt") as products,
            Background("shop.app:carts", *nats, cwd=project, module="fusionrt") as carts,
        ):
            products.wait_for("serving on")
            carts.wait_for("serving on")
            yield server.url
    finally:
        server.close()
