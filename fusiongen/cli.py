"""The command line: parse, call, print, exit. What it does is done elsewhere.

Each command imports what it needs when it runs: loading all of it takes half a second, and a
pre-commit hook asks at each commit whether anything has changed.
"""

from __future__ import annotations

import asyncio
import functools
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar

import typer

from .compat.rule import Tier
from .project import load

if TYPE_CHECKING:
    from fusionrt import Host

__all__ = ["app"]

PORT = 4222
"""That of `fusionrt.broker`, which would load the runtime."""

_F = TypeVar("_F", bound=Callable[..., Any])

app = typer.Typer(
    help="Typed Protocols become cached, real-time services on NATS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_debug = False

Nats = Annotated[
    str | None, typer.Option("--nats", envvar="NATS_URL", help="the broker; default: embedded")
]
Target = Annotated[str, typer.Argument(metavar="SERVICE.METHOD")]
Arguments = Annotated[list[str] | None, typer.Argument(metavar="ARGS", help="each as JSON")]
Strict = Annotated[bool, typer.Option("--strict", help="warnings fail, too")]
Timeout = Annotated[float, typer.Option(min=0.001, help="seconds that a call may take")]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        typer.echo(metadata.version("fusiongen"))
        raise typer.Exit()


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="show tracebacks of errors")] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="and exit")
    ] = False,
) -> None:
    global _debug
    _debug = debug


def _readable(command: _F) -> _F:
    """Errors end in one sentence and an exit code, never in a traceback."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (typer.Exit, KeyboardInterrupt, BrokenPipeError):
            raise
        except Exception as error:
            from .commands.failures import told

            _fail(*told(error))

    return wrapped  # type: ignore[return-value]


def _fail(message: str, code: int, prefix: str) -> NoReturn:
    if _debug:
        raise
    typer.echo(f"{prefix}{message}", err=True)
    raise typer.Exit(code)


@app.command()
@_readable
def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", show_default=False)] = Path(),
) -> None:
    """Start a project, here or in DIR: a contract, a service, an application and a test."""
    from .commands.init import init as start

    for path in start(directory):
        typer.echo(f"wrote {path}")
    change = "" if directory.resolve() == Path.cwd() else f"cd {shlex.quote(str(directory))} && "
    typer.echo(f"next: {change}fusiongen generate && fusiongen run app:app")


@app.command()
@_readable
def generate(
    strict: Strict = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="go on, and generate at each change, until Ctrl-C")
    ] = False,
    tests: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="also write a test of each command's `invalidates`, where there is none yet",
        ),
    ] = None,
) -> None:
    """Generate stubs, tables and clients from the contracts of this project."""
    from .commands.generate import generate as write
    from .commands.generate import told
    from .show.report import of_diagnostic

    here = Path.cwd()
    if watch and tests is not None:
        from .commands.call import UsageProblem

        raise UsageProblem("--tests writes once: leave --watch out")
    if watch:
        from .commands.regenerate import generate_again_and_again

        for line in generate_again_and_again(here):
            typer.echo(line)
    loaded = load(here)
    outcome = write(loaded)
    for warning in outcome.warnings:
        typer.echo(f"warning: {warning}", err=True)
    for diagnostic in outcome.diagnostics:
        typer.echo(str(of_diagnostic(diagnostic, "warning")), err=True)
    if tests is not None:
        from .commands.write_tests import write_tests

        for path in write_tests(loaded, tests):
            typer.echo(f"wrote {path}; complete it, it is yours")
    for line in told(outcome, here):
        typer.echo(line)
    if strict and outcome.diagnostics:
        raise typer.Exit(1)


@app.command()
@_readable
def check(
    against: Annotated[
        str | None,
        typer.Option(
            metavar="REF|FILE",
            help="also tell what breaks who knows the contracts of a git revision or a lock file",
        ),
    ] = None,
    tier: Annotated[
        Tier, typer.Option(help="with --against: how much has to stay compatible")
    ] = Tier.SOURCE,
    format: Annotated[
        Literal["text", "json", "github"], typer.Option(help="how findings are printed")
    ] = "text",
    strict: Strict = False,
) -> None:
    """Tell whether the generated files are what the contracts say; exit code 1 if not."""
    from .commands.check import check as look
    from .show.report import FORMATS

    reports = look(load(Path.cwd()), against, tier)
    for line in FORMATS[format](reports):
        typer.echo(line)
    if any(strict or report.kind != "warning" for report in reports):
        raise typer.Exit(1)


@app.command()
@_readable
def describe(
    json: Annotated[
        bool, typer.Option("--json", help="for programs; see schemas/description.schema.json")
    ] = False,
) -> None:
    """Show the services of this project: methods, who invalidates what, types."""
    from .output.reading import reading_of
    from .show import terminal
    from .show.description import description_json, description_of

    description = description_of(reading_of(load(Path.cwd())))
    if json:
        typer.echo(description_json(description))
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in terminal.lines(description, width):
        typer.echo(line)


@app.command()
@_readable
def permissions(
    form: Annotated[
        Literal["nats", "nsc", "json"],
        typer.Option("--format", help="for a nats-server, for nsc, or for programs"),
    ] = "nats",
    prefix: Annotated[str, typer.Option(help="that of `Host(prefix=…)`")] = "fusion",
) -> None:
    """Print the least permissions of each role at the broker; see `tool.fusiongen.roles`."""
    from . import permissions as made

    shown = {"nats": made.as_nats, "nsc": made.as_nsc, "json": made.as_json}[form]
    typer.echo(shown(made.rights_of(load(Path.cwd()), prefix)))


@app.command()
@_readable
def migrations(
    config: Annotated[
        Path,
        typer.Option(
            *("--config", "-c"), metavar="FILE", envvar="ALEMBIC_CONFIG", help="that of Alembic"
        ),
    ] = Path("alembic.ini"),
    head: Annotated[
        str, typer.Option(metavar="REVISION", help="what they come after, if there are several")
    ] = "head",
) -> None:
    """Add the tables of `fusionrt.sql` to an Alembic project, as revisions of its own."""
    from .migrations import add_migrations

    added = add_migrations(config, head)
    for path in added:
        typer.echo(f"wrote {os.path.relpath(path)}")
    if not added:
        typer.echo("nothing to add: the project has all of them")
        return
    typer.echo("next: let `fusionrt.sql.metadata` be one of `target_metadata` in env.py, so that")
    typer.echo(
        "Alembic does not take these tables for forgotten ones, and run alembic upgrade head"
    )


@app.command()
@_readable
def docs(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="where they go")],
    check: Annotated[
        bool, typer.Option("--check", help="write nothing; exit code 1 if they are stale")
    ] = False,
) -> None:
    """Write a reference of the services: services.md, and asyncapi.json for programs."""
    from .reference import pages

    loaded = load(Path.cwd())
    if check:
        stale = pages.stale(loaded, out)
        for path in stale:
            typer.echo(f"stale: {path} is not what the contracts say; run `fusiongen docs`")
        if stale:
            raise typer.Exit(1)
        return
    for path in pages.write(loaded, out):
        typer.echo(f"wrote {path}")


@app.command()
@_readable
def run(
    target: Annotated[str, typer.Argument(metavar="MODULE:ATTR")],
    nats: Nats = None,
    loop: Annotated[Literal["asyncio", "uvloop"], typer.Option(help="extra `fast`")] = "asyncio",
) -> None:
    """Serve an application until SIGTERM: `async def app(host: Host) -> None`, or what makes its
    host.
    """
    from fusionrt import running

    from .commands.run import check_current

    check_current(Path.cwd())
    running.run(target, nats, _started, running.Loop(loop))


def _started(host: Host) -> None:
    typer.echo(f"serving on {host.url}; stop with Ctrl-C")


@app.command()
@_readable
def gateway(
    target: Annotated[str, typer.Argument(metavar="MODULE:ATTR")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free")] = 8000,
    address: Annotated[str, typer.Option(help="to listen on; 0.0.0.0: all")] = "127.0.0.1",
    nats: Nats = None,
) -> None:
    """Let browsers in until SIGTERM: `def gateway(host: Host) -> Gateway`."""
    from fusionrt import freeze
    from fusionrt.web.serving import serve

    def started(host: Host, port: int) -> None:
        freeze()
        typer.echo(f"a gateway at http://{address}:{port}/fusion to {host.url}; stop with Ctrl-C")

    asyncio.run(serve(target, nats, address, port, started))


@app.command()
@_readable
def call(
    target: Target, arguments: Arguments = None, nats: Nats = None, timeout: Timeout = 10.0
) -> None:
    """Call a method of a service that runs: `fusiongen call carts.total '"1"'`."""
    from .commands.call import parse_call
    from .commands.live import Live

    parsed = parse_call(target, arguments or [])

    async def talk() -> None:
        async with Live.connect(nats) as live:
            async for value in live.call(parsed, timeout):
                typer.echo(value)

    asyncio.run(talk())


@app.command()
@_readable
def watch(
    target: Target, arguments: Arguments = None, nats: Nats = None, timeout: Timeout = 10.0
) -> None:
    """Print a value now and at each change, with the reason, until Ctrl-C."""
    from .commands.call import parse_call
    from .commands.live import Live

    parsed = parse_call(target, arguments or [])

    async def talk() -> None:
        async with Live.connect(nats) as live:
            async for change in live.watch(parsed, timeout):
                shown = change.value if not change.problem else f"! {change.problem}"
                typer.echo(f"{shown}\t{change.reason}" if change.reason else shown)
                sys.stdout.flush()

    try:
        asyncio.run(talk())
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


@app.command()
@_readable
def operations(
    database: Annotated[
        str | None,
        typer.Argument(
            metavar="DATABASE",
            help="its URL, or MODULE:ATTR of a `Database`; without it the log in JetStream",
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="go on, with what is new, until Ctrl-C")
    ] = False,
    last: Annotated[int, typer.Option("--last", "-n", min=0, help="so many operations")] = 20,
    nats: Nats = None,
    prefix: Annotated[str, typer.Option(help="that of `Host(prefix=…)`")] = "fusion",
    stream: Annotated[
        str | None, typer.Option(help="that of `JetStreamLog(stream=…)`, if it has a name")
    ] = None,
) -> None:
    """Show the tail of an operation log, and how far each host has read it."""
    from .operations import found, shown

    async def look() -> None:
        async with found(database, nats, prefix, stream) as sources:
            async for line in shown(sources, last, follow):
                typer.echo(line)
                sys.stdout.flush()

    try:
        asyncio.run(look())
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


@app.command()
@_readable
def server(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="of 127.0.0.1; 4222 is where others look")
    ] = PORT,
) -> None:
    """Run the embedded broker until Ctrl-C."""

    from .commands.server import run_broker

    async def stay() -> None:
        async for line in run_broker(port):
            typer.echo(line)

    asyncio.run(stay())


@app.command()
@_readable
def demo(
    forever: Annotated[bool, typer.Option("--forever", help="until Ctrl-C")] = False,
) -> None:
    """Watch the totals of carts follow the prices of products, across three processes."""
    from .demo.play import show

    asyncio.run(show(forever=forever))
