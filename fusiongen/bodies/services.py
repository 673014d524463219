"""Warnings about the bodies of compute methods."""

from __future__ import annotations

import ast
import json
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

from ..errors import Diagnostic, Span
from ..project import Project
from ..reader.ignores import is_ignored
from ..reader.literals import dotted
from ..rules.bodies import ReadsContext
from .contexts import MENTIONS, Contexts, Function
from .modules import Code, Codes, files

__all__ = ["body_warnings"]


def body_warnings(project: Project, lock: str) -> list[Diagnostic]:
    """What the bodies of the project's services had better not do.

    lock: the text of its lock file, which says what the stubs are called.
    """
    stubs = dict(_stubs(project, lock))
    if not stubs:
        return []
    candidates = _candidates(project, {name.rpartition(".")[2].encode() for name in stubs})
    if not candidates:
        return []
    codes = Codes(project)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd escapes are told when the module runs
        found = {each for path in candidates for each in _in_file(project, path, codes, stubs)}
    return sorted(found)


def _candidates(project: Project, names: Set[bytes]) -> list[Path]:
    """The files that mention a stub; none if nothing in the project reads the context: then no body
    has to be parsed."""
    found: list[Path] = []
    is_read = False
    for path in files(project):
        try:
            content = path.read_bytes()
        except OSError:
            continue  # nobody can import it either
        is_read = is_read or any(each in content for each in MENTIONS)
        if b"Service" in content and not names.isdisjoint(_STUB.findall(content)):
            found.append(path)
    return found if is_read else []


_STUB = re.compile(rb"\w+Service\b")


def _stubs(project: Project, lock: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The compute methods of each generated service, by where it can be imported from."""
    out = Codes(project).name_of(project.out)
    for name, contract in json.loads(lock).get("contracts", {}).items():
        title = contract["protocol"].rpartition(".")[2]
        kinds = contract.get("methods", {}).items()
        compute = frozenset(method for method, each in kinds if each["kind"] == "compute")
        for module in (f"{out}.{name}", f"{out}.{name}.server"):
            yield f"{module}.{title}Service", compute


def _in_file(
    project: Project, path: Path, codes: Codes, stubs: Mapping[str, frozenset[str]]
) -> Iterator[Diagnostic]:
    code = codes.find(codes.name_of(path))
    if code is None:
        return
    file = Path(os.path.relpath(path, project.directory)).as_posix()
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for node in ast.walk(code.tree):
        if isinstance(node, ast.ClassDef):
            compute = _compute_methods(code, node, codes, stubs)
            for method in node.body:
                if isinstance(method, Function) and method.name in compute:
                    told = _in_body(file, code, method, node, Contexts(codes, compute))
                    yield from (each for each in told if not is_ignored(each, lines))


def _compute_methods(
    code: Code, node: ast.ClassDef, codes: Codes, stubs: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """Those of the service that a class is, if it is one; also by way of other classes."""
    pending, seen = [(code, node)], {node}
    while pending:
        home, cls = pending.pop()
        for base in filter(None, map(dotted, cls.bases)):
            origin, name = codes.origin(home, base)
            if origin is None and name in stubs:
                return stubs[name]
            above = origin.defined.get(name) if origin is not None else None
            if origin is not None and isinstance(above, ast.ClassDef) and above not in seen:
                seen.add(above)
                pending.append((origin, above))
    return frozenset()


def _in_body(
    file: str, code: Code, method: Function, own: ast.ClassDef, contexts: Contexts
) -> Iterator[Diagnostic]:
    told: set[str] = set()
    reads = contexts.read_by(code, method, own)
    for node, variable in sorted(reads, key=lambda read: (read[0].lineno, read[0].col_offset)):
        if variable not in told:
            told.add(variable)
            span = Span(file, node.lineno, node.col_offset + 1)
            yield ReadsContext.told(span, method.name, variable)
