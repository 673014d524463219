"""`python -m fusionrt MODULE:ATTR`: run an application in a deployment, without the generator."""

from __future__ import annotations

import argparse
import logging
import sys

from .errors import FusionError
from .host import Host
from .running import Loop, Probes, run


def main() -> int:
    """Run until a signal comes; errors are one sentence. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m fusionrt", description=__doc__)
    application = "async def app(host: Host) -> None, or what makes its host"
    parser.add_argument("target", metavar="MODULE:ATTR", help=application)
    parser.add_argument("--nats", metavar="URL", help="the broker; else NATS_URL, else embedded")
    loops = [loop.value for loop in Loop]
    parser.add_argument("--loop", choices=loops, default=loops[0], help="uvloop: extra `fast`")
    parser.add_argument(
        "--health",
        metavar="PORT",
        type=_probes,
        help="answer /livez, /readyz and /metrics there; ADDRESS:PORT: at that address only; "
        "extra `health`",
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        run(options.target, options.nats, started, Loop(options.loop), options.health)
    except FusionError as error:
        if options.debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _probes(text: str) -> Probes:
    address, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is neither PORT nor ADDRESS:PORT")
    return Probes(int(port), address.strip("[]") or None)


def started(host: Host) -> None:
    """Say that everything is served."""
    print(f"serving on {host.url} as {host.iid}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
