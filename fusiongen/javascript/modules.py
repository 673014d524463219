"""The modules of a project: one for its types, one for each contract that browsers may reach."""

from __future__ import annotations

import hashlib
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from ..contract import MethodKind
from ..errors import ContractError, Diagnostic, GenerationError, Span
from ..project import Project
from ..render.templates import Templates
from ..show.description import Description, MethodDescription, ServiceDescription
from .calls import Called, called
from .names import identifier, type_names
from .raised import Raised, raised_by
from .shown import Unsupported
from .types import Types

__all__ = ["modules_of"]

_TYPES = "types"
_OURS = (_TYPES, "fusion", "fusion-debug", "fusion-react")
"""Modules that are none of a contract's."""
_FIX = "Change the type, or make the contract internal: `@service(internal=True)`"


def modules_of(
    project: Project, descriptions: Sequence[Description]
) -> Iterator[tuple[str, str | None, str]]:
    """The name of each file, that of its contract's file, and its text.

    descriptions: of the project; then of each library, which has its types' short names only if
        nothing before it has them.

    Raises:
        ContractError: a type has no form in JavaScript.
        GenerationError: a service is called as one of our modules or as another one, or a
            template is wrong.
    """
    maker = _Maker(descriptions)
    services = _services(descriptions)
    modules = [(name, service, maker.module(service)) for name, service in services.items()]
    if maker.refused:
        raise ContractError(maker.refused)
    templates = Templates(project.templates)
    types = {"types": list(maker.types.definitions), "raised": list(maker.raised.values())}
    for ending in ("js", "d.ts"):
        yield f"{_TYPES}.{ending}", None, templates.render(f"javascript/types.{ending}.j2", types)
    for name, service, methods in modules:
        if name in _OURS:
            raise GenerationError(
                f"the service `{name}` would have the module {name}.js, which is ours: "
                "give it another name by `@service(name=…)`"
            )
        view = _view(name, service, methods, maker)
        for ending in ("js", "d.ts"):
            text = templates.render(f"javascript/contract.{ending}.j2", view)
            yield f"{name}.{ending}", service.file, text


def _services(descriptions: Sequence[Description]) -> dict[str, ServiceDescription]:
    """Those that browsers may reach."""
    services: dict[str, ServiceDescription] = {}
    for name, service in chain.from_iterable(each.services.items() for each in descriptions):
        if service.internal:
            continue
        if name in services:
            raise GenerationError(
                f"`{service.protocol}` under `library-contracts` is a second service `{name}`, "
                f"after `{services[name].protocol}`: give yours another name by "
                "`@service(name=…)`"
            )
        services[name] = service
    return services


class _Maker:
    """Makes the parts of modules. refused: what JavaScript cannot be given."""

    def __init__(self, descriptions: Sequence[Description]) -> None:
        groups = [each.types for each in descriptions]
        self._known = dict(ChainMap(*map(dict, groups)))
        self.names = type_names(*groups)
        self.types = Types(self._known, self.names)
        self.refused: list[Diagnostic] = []
        self.raised: dict[str, Raised] = {}

    def module(self, service: ServiceDescription) -> list[Called]:
        """The methods of a contract; its errors are among the types."""
        methods = []
        for name, method in service.methods.items():
            try:
                methods.append(called(name, method, self.types, self._known))
            except Unsupported as problem:
                self._refuse(method, str(problem))
        for whole in service.raises:
            known = self._known.get(whole)
            self.raised[whole] = raised_by(self.raised_name(whole), known, self.types)
        return methods

    def raised_name(self, whole: str) -> str:
        """What an error is called: one of Python's own as there."""
        return self.names.get(whole) or identifier(whole.rpartition(".")[2])

    def _refuse(self, method: MethodDescription, problem: str) -> None:
        span = Span(method.file, method.line, 1)
        self.refused.append(Diagnostic(span, "JAVASCRIPT_TYPE", problem, _FIX))


def _view(
    name: str, service: ServiceDescription, methods: list[Called], maker: _Maker
) -> Mapping[str, object]:
    title = identifier(service.protocol.rpartition(".")[2])
    raised = {whole.rpartition(".")[2]: maker.raised_name(whole) for whole in service.raises}
    code = "\n".join(each.code for each in methods)
    scripts = "\n".join(f"{each.parameters} {each.result}" for each in methods)
    definitions = list(maker.types.definitions)
    made = [each.name for each in definitions if each.made]
    enums = _used([each.name for each in definitions if each.members is not None], scripts)
    defined = _used([each.name for each in definitions], scripts)
    return {
        "service": name,
        "title": title,
        "doc": service.doc or f"The service `{name}`.",
        "version": _version(service, maker.types),
        "methods": methods,
        "compute": [each for each in methods if each.kind is MethodKind.COMPUTE],
        "others": [each for each in methods if each.kind is not MethodKind.COMPUTE],
        "raised": raised,
        "imports": [*_used(made, code), *raised.values()],
        "script_types": defined,
        "shown_types": [each for each in defined if each not in enums],
        "values": [*enums, *raised.values()],
    }


def _used(names: list[str], text: str) -> list[str]:
    words = set(_words(text))
    return [name for name in names if name in words]


def _words(text: str) -> Iterator[str]:
    word = ""
    for each in text:
        if each.isalnum() or each in "_$":
            word += each
        elif word:
            yield word
            word = ""
    yield word


def _version(service: ServiceDescription, types: Types) -> str:
    """What tells one shape of a contract from another: what is kept of one is no use to another."""
    told = {"doc", "file", "line", "deprecated"}
    content = service.model_dump_json(exclude={*told, "methods"})
    methods = [(name, each.model_dump_json(exclude=told)) for name, each in service.methods.items()]
    fields = [(each.name, each.script, each.fields) for each in types.definitions]
    return hashlib.sha256(f"{content}{methods}{fields}".encode()).hexdigest()[:16]
