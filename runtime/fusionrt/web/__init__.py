"""Browsers as clients: `Gateway` answers them over WebSockets and HTTP.

Needs the extra `web`: Starlette, and a server such as uvicorn with websockets.
"""

from ..errors import MissingPackage

try:
    import starlette  # noqa: F401
except ImportError:
    raise MissingPackage("fusionrt.web", "fusiongen[web]") from None

from .gateway import Gateway
from .limits import PageLimits
from .statistics import GatewayStatistics

__all__ = ["Gateway", "GatewayStatistics", "PageLimits"]
