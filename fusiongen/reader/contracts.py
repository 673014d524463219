"""All contracts of a project, read together: one may invalidate results of another.

What is looked up is looked up once, so that the time is linear in their size (C7).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from ..contract import Contract, Method
from ..errors import ContractError, Diagnostic, Violation
from ..rules.all import CONTRACT_RULES, PROJECT_RULES
from ..rules.services import DuplicateService
from .declarations import declarations
from .diagnostics import Diagnostics
from .ignores import is_ignored
from .invalidates import Invalidations, Target, Unjudged
from .modules import Modules
from .paths import Paths
from .services import ServiceSyntax
from .sources import Sources
from .structures import Structures

__all__ = ["Reading", "read"]

_DEPTH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What the text says.

    contracts: by name.
    structures: those behind their types.
    warnings: what seldom is meant so.
    sources: the files that say it.
    """

    contracts: tuple[Contract, ...]
    structures: Structures
    warnings: tuple[Diagnostic, ...]
    sources: Sources


def read(sources: Sources, names: Iterable[str]) -> Reading:
    """Read the contracts of these modules.

    Raises:
        ContractError: with every diagnostic there is.
    """
    modules = Modules(sources)
    diagnostics: list[Diagnostic] = []
    services = _services(modules, names, diagnostics)
    structures = Structures(modules)
    contracts = _bound(structures, services, diagnostics)
    warnings = _judged(contracts, structures, diagnostics)
    diagnostics.extend(sources.broken)
    if diagnostics:
        raise ContractError(diagnostics)
    with _room_for_chains():
        for rule in PROJECT_RULES:
            warnings.extend(rule.check_all(contracts, structures))
    shown = (each for each in set(warnings) if not is_ignored(each, sources.lines(each.span.path)))
    by_name = sorted(contracts, key=lambda contract: contract.name)
    return Reading(tuple(by_name), structures, tuple(sorted(shown)), sources)


def _services(
    modules: Modules, names: Iterable[str], diagnostics: list[Diagnostic]
) -> list[ServiceSyntax]:
    """What these modules declare, each by itself."""
    services: list[ServiceSyntax] = []
    for name in names:
        module = modules.find(name)
        if module is not None:
            own = Diagnostics(module)
            services.extend(map(ServiceSyntax, declarations(module, own)))
            diagnostics.extend(own.found)
    for service in services:
        diagnostics.extend(service.diagnostics)
    diagnostics.extend(_duplicates(services))
    return services


def _judged(
    contracts: list[Contract], structures: Structures, diagnostics: list[Diagnostic]
) -> list[Diagnostic]:
    """What rules say of each finished contract; returns what are only warnings."""
    warnings: list[Diagnostic] = []
    with _room_for_chains():
        for rule in CONTRACT_RULES:
            found = warnings if rule.warning else diagnostics
            for contract in contracts:
                found.extend(rule.check(contract, structures))
    return warnings


@contextmanager
def _room_for_chains() -> Iterator[None]:
    """Rules follow classes that refer to each other, hundreds in a row, by calls within calls."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _duplicates(services: list[ServiceSyntax]) -> Iterable[Diagnostic]:
    first: dict[str, Contract] = {}
    for service in services:
        contract = service.contract
        other = first.setdefault(contract.name, contract)
        if other is not contract:
            problem = f"`{contract.ref.name}` is a second service `{contract.name}`"
            fix = f'The first is at {other.span}: name one with `@service(name="…")`.'
            yield DuplicateService.at(contract.span, problem, fix)


def _bound(
    structures: Structures,
    services: list[ServiceSyntax],
    diagnostics: list[Diagnostic],
) -> list[Contract]:
    """The contracts with their commands' entries bound against each other's compute methods."""
    targets = {
        service.contract.ref: Target(
            service.contract,
            {name: syntax.method for name, syntax in service.methods.items()},
            frozenset(service.unread),
            service.complete,
        )
        for service in services
    }
    paths = Paths(structures)
    contracts: list[Contract] = []
    for service in services:
        methods: list[Method] = []
        for syntax in service.methods.values():
            binding = Invalidations(paths, targets.get, service.contract.ref, syntax)
            calls = []
            for entry in syntax.entries:
                try:
                    calls.append(binding.call(entry))
                except Violation as violation:
                    diagnostics.append(violation.diagnostic)
                except Unjudged:
                    pass
            methods.append(syntax.method.model_copy(update={"invalidates": tuple(calls)}))
        contracts.append(service.contract.model_copy(update={"methods": tuple(methods)}))
    return contracts
