"""The package of generated code: four files a contract, or five; same contract, same text (C1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..contract import Contract, Method, MethodKind, Parameter, ParameterKind, Ref, quoted
from .docs import docstring, prose
from .keys import key_functions, variables
from .layout import Doc, Group, Joined, Operators, call_of, lay_out
from .names import Imports, Names
from .signatures import arguments, receiver, result_of, signature
from .table import raises_of, shard_of, signatures_of, table_of
from .templates import Templates
from .types import annotation_of, parameter_of

__all__ = ["ABI", "File", "render"]

ABI = 2
"""The shape of generated code; the runtime's has to be the same."""

_ABI = "fusionrt.abi"
_ACCESSORS = ("computed", "peek", "changes", "invalidate")
_MAKERS = {"ComputedMethod": "Computed", "PeekMethod": "Peek", "ChangesMethod": "Changes"}
_SUFFIXES = (*_MAKERS.values(), "Invalidate", "Live", "Service")

_MENTIONS_DEPRECATED = """\
# mypy: disable-error-code="deprecated"
# pyright: reportDeprecated=false
# ty: ignore[deprecated]"""

_SHARED = {
    False: "`{0}` and accessors: what `{0}Service` and `{0}Client` share.",
    True: "What `{0}Service` and `{0}Client` share: all that does not depend on who asks.",
}
"""Of a contract that has no methods that do, and of one that has."""

Local = Callable[[str], bool]
"""Whether a module of this name belongs to the project."""

View = Mapping[str, object]
"""What a template sees."""


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
    contracts: Iterable[Contract], local: Local, own: Path | None, *, blocking: bool = False
) -> Iterator[File]:
    """The files of all these contracts, behind that of the package.

    own: a folder of templates that take the place of those of the same names.
    blocking: each client has a form that blocks.

    Raises:
        GenerationError: a template of the user is wrong.
    """
    templates = Templates(own)
    yield File(Path("__init__.py"), None, templates.render("out.py.j2", {}))
    for contract in contracts:
        for name, (template, view) in (_BLOCKING if blocking else _FILES).items():
            body = templates.render(template, view(contract, local))
            yield File(Path(contract.name, name), contract.file, body)


def _package(contract: Contract, local: Local) -> View:
    summary = (contract.doc or "").strip().partition("\n")[0]
    text = f"`{contract.ref.name}`: {summary}" if summary else f"`{contract.ref.name}`."
    imports = Imports(local)
    exported = [f"{contract.ref.name}{suffix}" for suffix in ("Client", "Live", "Service")]
    for name in exported:
        imports.add(".client" if name == exported[0] else ".server", name, name)
    listed = Joined(("__all__ = ", Group("[", tuple(f'"{name}"' for name in exported), "]")))
    return {"doc": prose(text, 0), "imports": imports.text(0), "exported": lay_out(listed, 0)}


def _server(contract: Contract, local: Local) -> View:
    title = contract.ref.name
    compute = contract.of_kind(MethodKind.COMPUTE)
    names = _names(
        contract, local, (*(f"{title}{each}" for each in _SUFFIXES), *_own("Service", title))
    )
    ours = {name: names.own(_ABI, name) for name in ("Accessor", "InvalidateAccessor", "Service")}
    ours["Protocol"] = names.own("typing", "Protocol")
    ours["CONTRACT"] = names.own(".proxy", "CONTRACT")
    if contract.methods:
        ours["abstractmethod"] = names.own("abc", "abstractmethod")
    if any(method.parameters for method in compute):
        names.own(_ABI, "AnyArgument")
    protocol = names.use(contract.ref, runtime=True)

    def or_any(parameter: Parameter, names: Names) -> Doc:
        annotation = parameter_of(parameter, names)
        operands = annotation.operands if isinstance(annotation, Operators) else (annotation,)
        none = operands[-1:] if operands[-1] == "None" else ()
        rest = operands[: len(operands) - len(none)]
        return Operators("|", (*rest, names.own(_ABI, "AnyArgument"), *none))

    mentioned = any(method.deprecated is not None for method in compute)
    invalidate = [
        {
            "signature": signature(method, names, "None", annotate=or_any),
            "call": _call(f"{receiver(method)}._invalidate", method),
        }
        for method in compute
    ]
    bodies = []
    for method in contract.methods:
        doc = docstring(method.doc, 8)
        body = {"doc": doc, **_stub(method, names, "" if doc else " ...")}
        bodies.append(body)
    open_to_all = [method for method in compute if not method.filled]
    own = [method for method in compute if method.filled]
    shared = [method for method in contract.methods if not method.filled]
    return _filled(
        contract,
        names,
        n=ours,
        protocol=protocol,
        pragma=_MENTIONS_DEPRECATED if mentioned else None,
        live=_class(f"{title}Live", *([protocol] * (not contract.asks)), ours["Protocol"]),
        live_doc=prose(_SHARED[contract.asks].format(title), 4),
        shared=[_stub(method, names) for method in shared] if contract.asks else [],
        service=_class(
            f"{title}Service", protocol, ours["Service"], f"contract={ours['CONTRACT']}"
        ),
        accessors=_accessors(protocol, open_to_all, names),
        own=_accessors(protocol, own, names) if own else None,
        carts=contract.name,
        get=open_to_all[0].name if open_to_all else "method",
        invalidate=invalidate,
        bodies=bodies,
        doc=docstring(contract.doc, 4)
        or prose(f"The service `{contract.name}`: subclass it and write the bodies.", 4),
    )


def _client(contract: Contract, local: Local, *, blocking: bool = False) -> View:
    title = contract.ref.name
    calls = f"{title}Calls"
    names = _names(contract, local, (f"{title}Client", calls, *_own("Client", title)))
    form = names.use(Ref(module=".blocking", name=f"{title}Blocking")) if blocking else None
    ours = {"Client": names.own(_ABI, "Client"), "CONTRACT": names.own(".proxy", "CONTRACT")}
    for suffix in _MAKERS.values():
        ours[suffix] = names.own(".server", f"{title}{suffix}")
    methods = tuple(method.sent() for method in contract.methods)
    own = [method for method in contract.of_kind(MethodKind.COMPUTE) if method.filled]
    if own:
        ours.update({suffix: f"{title}Client{suffix}" for suffix in _MAKERS.values()})
    base = calls if contract.asks else names.use(contract.ref, runtime=True)
    mentioned = any(method.deprecated is not None for method in own)
    return _filled(
        contract,
        names,
        n=ours,
        pragma=_MENTIONS_DEPRECATED if mentioned else None,
        calls=_class(calls, names.own("typing", "Protocol")) if contract.asks else None,
        calls_doc=prose(f"`{title}` as its clients call it: who asks is no argument.", 4),
        called=[_stub(method, names) for method in methods] if contract.asks else [],
        own=_accessors(calls, own, names) if own else None,
        head=_class(f"{title}Client", base, ours["Client"], f"contract={ours['CONTRACT']}"),
        methods=_forwarding(methods, names),
        blocking=form,
        doc=docstring(contract.doc, 4) or prose(f"A client of the service `{contract.name}`.", 4),
    )


def _blocking(contract: Contract, local: Local) -> View:
    """Without the methods that take or return a stream beside something else."""
    title = contract.ref.name
    names = _names(contract, local, (f"{title}Blocking",))
    client = names.own(".client", f"{title}Client")
    methods = [
        method.sent() for method in contract.methods if not method.sends and method.head is None
    ]
    return _filled(
        contract,
        names,
        pragma=_MENTIONS_DEPRECATED if any(each.deprecated for each in methods) else None,
        head=_class(f"{title}Blocking", f"{names.own(_ABI, 'Blocking')}[{client}]"),
        methods=[
            {
                "signature": signature(each, names, _blocked(each, names)),
                "deprecated": _deprecated(each, names),
                "doc": docstring(each.doc, 8),
                "call": _waiting(each),
            }
            for each in methods
        ],
        doc=docstring(contract.doc, 4) or prose(f"A client of the service `{contract.name}`.", 4),
    )


def _blocked(method: Method, names: Names) -> Doc:
    """What it returns where nothing is awaited."""
    result = annotation_of(method.result, names)
    if method.kind is not MethodKind.STREAM:
        return result
    return Joined(
        (names.own("collections.abc", "Iterator"), Group("[", (result,), "]", comma=False))
    )


def _waiting(method: Method) -> str:
    fusion = f"{receiver(method)}._fusion"
    verb = "iterate" if method.kind is MethodKind.STREAM else "wait"
    passed = (
        f"{each.name}={each.name}" if each.kind is ParameterKind.KEYWORD else each.name
        for each in method.parameters
    )
    arguments = (f"{fusion}.client.{method.name}", *passed)
    return lay_out(call_of(f"return {fusion}.{verb}", arguments), 8)


def _proxy(contract: Contract, local: Local) -> View:
    names = _names(contract, local, ("CONTRACT", "_types", *variables(contract)))
    ours = {name: names.own(_ABI, name) for name in ("Contract", "Types")}
    if contract.methods:
        ours["Signature"] = names.own(_ABI, "Signature")
    protocol = names.use(contract.ref, runtime=True)
    commands = contract.of_kind(MethodKind.COMMAND)
    inner = Names((ours["Types"], ours.get("Signature", "")), local)
    signatures = signatures_of(contract, inner, ours.get("Signature", ""))
    return _filled(
        contract,
        names,
        n=ours,
        abi=ABI,
        protocol=protocol,
        keys=[text for each in commands for text in key_functions(contract, each, names)],
        table=table_of(contract, names),
        shard=shard_of(contract, names),
        signatures=signatures,
        raises=raises_of(contract, inner),
        types_imports=inner.all_imports(4),
    )


_CALLS = {
    MethodKind.COMPUTE: "await {}._fusion.compute",
    MethodKind.COMMAND: "await {}._fusion.command",
    MethodKind.PLAIN: "await {}._fusion.call",
    MethodKind.ONEWAY: "await {}._fusion.tell",
    MethodKind.STREAM: "{}._fusion.stream",
}


def _forwarding(methods: tuple[Method, ...], names: Names) -> list[dict[str, str | None]]:
    """Methods that hand their arguments to the runtime."""
    return [
        {
            "signature": _declared(method, names),
            "deprecated": _deprecated(method, names),
            "doc": docstring(method.doc, 8),
            "call": _call(f"return {_called(method).format(receiver(method))}", method),
        }
        for method in methods
    ]


def _called(method: Method) -> str:
    if method.head is not None:
        return "await {}._fusion.open"
    if method.sends and method.kind is not MethodKind.STREAM:
        return "await {}._fusion.send"
    return _CALLS[method.kind]


def _declared(method: Method, names: Names, ending: str = "") -> str:
    asynchronous = method.kind is not MethodKind.STREAM or method.head is not None
    result = result_of(method, names)
    return signature(method, names, result, asynchronous=asynchronous, ending=ending)


def _stub(method: Method, names: Names, ending: str = " ...") -> dict[str, str | None]:
    """A method without its body."""
    signature = _declared(method, names, ending=ending)
    return {"deprecated": _deprecated(method, names), "signature": signature}


def _accessors(owner: str, methods: Iterable[Method], names: Names) -> dict[str, list[str]]:
    """The entries of three accessors, which take names and types from the owner's methods."""
    return {
        maker: [
            lay_out(
                call_of(f"{each.name} = {names.own(_ABI, maker)}", (f"{owner}.{each.name}",)), 4
            )
            for each in methods
        ]
        for maker in _MAKERS
    }


def _own(end: str, title: str) -> Iterator[str]:
    """The accessors that services and clients do not share."""
    return (f"{title}{end}{suffix}" for suffix in _MAKERS.values())


def _call(function: str, method: Method) -> str:
    return lay_out(call_of(function, (f'"{method.name}"', *arguments(method))), 8)


def _deprecated(method: Method, names: Names) -> str | None:
    """The decorator of a deprecated method."""
    if method.deprecated is None:
        return None
    decorator = f"@{names.own(_ABI, 'deprecated')}"
    return lay_out(call_of(decorator, (quoted(method.deprecated),)), 4)


def _class(name: str, *bases: str) -> str:
    return lay_out(call_of(f"class {name}", bases), 0, after=1)


def _names(contract: Contract, local: Local, defined: Iterable[str]) -> Names:
    methods = [method.name for method in contract.methods]
    return Names((*methods, *_ACCESSORS, *defined), local)


def _filled(contract: Contract, names: Names, **view: object) -> View:
    """What a template sees, with the imports that its parts turned out to need."""
    typing_imports = names.typing_imports()
    checking = names.own("typing", "TYPE_CHECKING") if typing_imports else None
    return {
        "title": contract.ref.name,
        "contract": contract,
        "imports": names.runtime_imports(),
        "typing_imports": typing_imports,
        "checking": checking,
        **view,
    }


_FILES: Mapping[str, tuple[str, Callable[[Contract, Local], View]]] = {
    "__init__.py": ("package.py.j2", _package),
    "client.py": ("client.py.j2", _client),
    "proxy.py": ("proxy.py.j2", _proxy),
    "server.py": ("server.py.j2", _server),
}

_BLOCKING: Mapping[str, tuple[str, Callable[[Contract, Local], View]]] = {
    **_FILES,
    "blocking.py": ("blocking.py.j2", _blocking),
    "client.py": ("client.py.j2", partial(_client, blocking=True)),
}
"""The same where each client has a form that blocks."""
