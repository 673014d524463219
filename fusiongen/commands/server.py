"""`server`: the embedded broker, run by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fusionrt.broker import Broker
from fusionrt.signals import stop_signals

__all__ = ["run_broker"]


async def run_broker(port: int) -> AsyncIterator[str]:
    """Run a broker until a signal says stop, unless one runs there; what to print, as it happens.

    Raises:
        FusionError: it does not come up.
    """
    async with await Broker.start(port=port) as broker:
        if not broker.owned:
            yield f"a broker runs already at {broker.url}"
            return
        yield f"the broker listens on {broker.url}; stop with Ctrl-C"
        with stop_signals() as stop:
            await stop.wait()
