"""The package of generated code: four files a contract, or five; same contract, same text (C1).

Each file has its view, in the module of its name: what its template sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..contract import Contract
from .blocking import blocking
from .client import client
from .methods import Local, View
from .package import package
from .proxy import ABI, proxy
from .server import server
from .templates import Templates

__all__ = ["ABI", "File", "render"]


@dataclass(frozen=True, slots=True)
class File:
    """One generated file, without its header.

    path: below the package.
    source: its contract's file, relative to the project; `None` for the package's own file.
    """

    path: Path
    source: str | None
    body: str


def render(
    contracts: Iterable[Contract], local: Local, own: Path | None, *, blocks: bool = False
) -> Iterator[File]:
    """The files of all these contracts, behind that of the package.

    own: a folder of templates that take the place of those of the same names.
    blocks: each client has a form that blocks.

    Raises:
        GenerationError: a template of the user is wrong.
    """
    templates = Templates(own)
    yield File(Path("__init__.py"), None, templates.render("out.py.j2", {}))
    for contract in contracts:
        for name, (template, view) in (_BLOCKING if blocks else _FILES).items():
            body = templates.render(template, view(contract, local))
            yield File(Path(contract.name, name), contract.file, body)


_FILES: Mapping[str, tuple[str, Callable[[Contract, Local], View]]] = {
    "__init__.py": ("package.py.j2", package),
    "client.py": ("client.py.j2", client),
    "proxy.py": ("proxy.py.j2", proxy),
    "server.py": ("server.py.j2", server),
}

_BLOCKING: Mapping[str, tuple[str, Callable[[Contract, Local], View]]] = {
    **_FILES,
    "blocking.py": ("blocking.py.j2", blocking),
    "client.py": ("client.py.j2", partial(client, blocks=True)),
}
"""The same where each client has a form that blocks."""
