"""The modules of a project: one for its types, one for each contract that browsers may reach."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from ..contract import MethodKind
from ..errors import ContractError, Diagnostic, GenerationError, Span
from ..project import Project
from ..reader.contracts import Reading
from ..render.templates import Templates
from ..show.description import Description, MethodDescription, ServiceDescription, description_of
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


def modules_of(project: Project, reading: Reading) -> Iterator[tuple[str, str | None, str]]:
    """The name of each file, its contract's own, relative to the project, and its text.

    Raises:
        ContractError: a type has no form in JavaScript.
        GenerationError: a service is called as one of our modules, or a template is wrong.
    """
    description = description_of(reading)
    maker = _Maker(description)
    modules = [
        (name, service, maker.module(service))
        for name, service in description.services.items()
        if not service.internal
    ]
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


class _Maker:
    """Makes the parts of modules. refused: what JavaScript cannot be given."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self.names = type_names(description.types.items())
        self.types = Types(description.types, self.names)
        self.refused: list[Diagnostic] = []
        self.raised: dict[str, Raised] = {}

    def module(self, service: ServiceDescription) -> list[Called]:
        """The methods of a contract; its errors are among the types."""
        methods = []
        for name, method in service.methods.items():
            try:
                methods.append(called(name, method, self.types, self._description.types))
            except Unsupported as problem:
                self._refuse(method, str(problem))
        for whole in service.raises:
            known = self._description.types.get(whole)
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
    content = service.model_dump_json(exclude={"doc", "file", "line"})
    fields = [(each.name, each.script, each.fields) for each in types.definitions]
    return hashlib.sha256(f"{content}{fields}".encode()).hexdigest()[:16]
