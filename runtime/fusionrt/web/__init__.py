"""Browsers as clients: `Gateway` answers them over WebSockets and HTTP. And pages without a front
end: `Live` renders them, and keeps what they show up to date.

Needs the extra `web`: Starlette, Jinja2, and a server such as uvicorn with websockets.
"""

from ..errors import MissingPackage

try:
    import jinja2  # noqa: F401
    import starlette  # noqa: F401
except ImportError:
    raise MissingPackage("fusionrt.web", "fusiongen[web]") from None

from .gateway import Gateway
from .limits import PageLimits
from .live import Live
from .statistics import GatewayStatistics

__all__ = ["Gateway", "GatewayStatistics", "Live", "PageLimits"]
