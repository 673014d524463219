"""One of the servers: an application, and a way to kill it from its page."""

import os
import signal
import sys
from importlib import import_module

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

KILL = "/debug/kill"


class Mortal:
    """An application whose process ends at once, as by a crash, when its page asks for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", KILL):
            os.kill(os.getpid(), signal.SIGKILL)
        await self._app(scope, receive, send)


if __name__ == "__main__":
    target, port = sys.argv[1:]
    module, _, name = target.partition(":")
    app = Mortal(getattr(import_module(module), name))
    uvicorn.run(app, port=int(port), ws_per_message_deflate=False, log_level="warning")
