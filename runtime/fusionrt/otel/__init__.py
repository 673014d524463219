"""OpenTelemetry: `tracing()` makes spans of calls, `metrics(host)` exports what a host counts.

Needs the extra `otel`, which is OpenTelemetry's API only: without an SDK in the process all of this
does next to nothing.
"""

from ..errors import MissingPackage

try:
    import opentelemetry.trace  # noqa: F401
except ImportError:
    raise MissingPackage("fusionrt.otel", "fusiongen[otel]") from None

from .instruments import metrics
from .spans import tracing

__all__ = ["metrics", "tracing"]
