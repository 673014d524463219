"""`Listening`: a server on a port."""

import asyncio
import socket

import uvicorn

from twin.server import Server


class Listening(uvicorn.Server):
    """It says where, when it is there."""

    def __init__(self, server: Server, port: int = 0) -> None:
        super().__init__(
            uvicorn.Config(server.app, port=port, timeout_graceful_shutdown=2, log_level="warning")
        )
        self.url: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()
            self.url.set_result(f"http://{host}:{port}")
            print(f"serving on {self.url.result()}", flush=True)
