"""Running an application: what `python -m fusionrt` and `fusiongen run` have in common."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast

from .errors import FusionError
from .host import Host

__all__ = ["Application", "TargetError", "load", "serve"]

Application = Callable[[Host], Awaitable[None]]
"""`async def app(host: Host) -> None`: serves what this process serves, and returns."""


class TargetError(FusionError):
    """Raised when `MODULE:ATTR` names no application."""

    def __init__(self, target: str, problem: str) -> None:
        self.target = target
        self.problem = problem
        super().__init__(
            f"{target}: {problem}; name a function `async def app(host: Host) -> None` "
            "as MODULE:ATTR, from the folder that MODULE is found in"
        )


def load(target: str) -> Application:
    """The application that `MODULE:ATTR` names; modules are found from the current folder, too.

    Raises:
        TargetError: there is none.
    """
    module_name, _, attribute = target.partition(":")
    if not module_name or not attribute:
        raise TargetError(target, "this is not of the form MODULE:ATTR")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise TargetError(target, f"there is no module {error.name}") from None
    application: Any = getattr(module, attribute, None)
    if not inspect.iscoroutinefunction(application):
        raise TargetError(target, f"{module_name} has no asynchronous function {attribute}")
    return cast("Application", application)


async def serve(target: str, nats_url: str | None, started: Callable[[Host], None]) -> None:
    """Run an application until SIGTERM or SIGINT; then drain.

    started: called when everything is served.

    Raises:
        TargetError: there is no such application.
        BrokerUnavailable: no broker answers.
    """
    application = load(target)
    async with Host(nats_url) as host:
        await application(host)
        started(host)
        await host.run_forever()
