"""`@service` classes: their options and their methods, inherited ones included."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

import libcst as cst

from ..contract import Contract, Ref
from ..errors import Diagnostic, Violation
from ..rules.protocols import BadServiceOption, DuplicateService, NotAMethod
from .expressions import Names, constant
from .methods import MethodSyntax, read_method
from .modules import Module, Modules
from .scan import dotted, statements
from .syntax import Decoration, ProtocolSyntax, decorations, linearised

__all__ = ["ServiceSyntax", "services_of"]


class ServiceSyntax:
    """One contract that is read but for its `invalidates`.

    contract: its model; `methods` is empty yet.
    methods: inherited ones first, in the order of their declaration.
    diagnostics: what could not be read.
    """

    def __init__(self, modules: Modules, syntax: ProtocolSyntax, decoration: Decoration) -> None:
        self._modules = modules
        self._syntax = syntax
        self.diagnostics: list[Diagnostic] = []
        self.methods: dict[str, MethodSyntax] = {}
        self.contract = self._contract(decoration)
        try:
            order = linearised(modules, syntax)
        except Violation as violation:
            self.diagnostics.append(violation.diagnostic)
            return
        for protocol in reversed(order):
            self._read_methods(protocol)

    def _contract(self, decoration: Decoration) -> Contract:
        syntax = self._syntax
        options = _Options(self._modules, syntax.module)
        name = snake_case(syntax.ref.name)
        try:
            options.read(decoration)
            if options.name is None and not _is_service_name(name):
                problem = f"`{syntax.ref.name}` gives no service name: `{name}` is none"
                fix = 'Name it in lower-case ASCII letters: `@service(name="…")`.'
                raise BadServiceOption.violation(syntax.span, problem, fix)
        except Violation as violation:
            self.diagnostics.append(violation.diagnostic)
        return Contract(
            ref=syntax.ref,
            file=syntax.module.file,
            name=options.name or name,
            version=options.version,
            internal=options.internal,
            raises=options.raises,
            doc=syntax.node.get_docstring(),
            methods=(),
            span=syntax.span,
        )

    def _read_methods(self, protocol: ProtocolSyntax) -> None:
        own: set[str] = set()
        for node in statements(protocol.node.body):
            try:
                method = self._member(protocol, node)
            except Violation as violation:
                self.diagnostics.append(violation.diagnostic)
                continue
            if method is None:
                continue
            name = method.method.name
            if name in own:
                problem = f"`{name}` is declared twice"
                self.diagnostics.append(NotAMethod.at(method.method.span, problem))
            own.add(name)
            self.methods[name] = method

    def _member(self, protocol: ProtocolSyntax, node: cst.CSTNode) -> MethodSyntax | None:
        module = protocol.module
        match node:
            case cst.FunctionDef():
                return read_method(self._modules, module, node, protocol.variables)
            case cst.Pass():
                return None
            case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString() | cst.Ellipsis()):
                return None
        code = module.tree.code_for_node(node).strip().partition("\n")[0]
        raise NotAMethod.violation(module.span(node), f"`{code}` is no method")


class _Options:
    """The options of `@service`."""

    def __init__(self, modules: Modules, module: Module) -> None:
        self._names = Names(modules, module)
        self._module = module
        self.name: str | None = None
        self.version: int | None = None
        self.internal = False
        self.raises: tuple[Ref, ...] = ()

    def read(self, decoration: Decoration) -> None:
        for argument in decoration.call.args if decoration.call else ():
            option = argument.keyword.value if argument.keyword else ""
            value = argument.value
            text = constant(value)
            match option:
                case "name" if isinstance(value, cst.SimpleString):
                    name = value.evaluated_value
                    if isinstance(name, str) and _is_service_name(name):
                        self.name = name
                        continue
                case "version" if text is not None and text.isdigit():
                    self.version = int(text)
                    continue
                case "internal" if text in ("True", "False"):
                    self.internal = text == "True"
                    continue
                case "raises" if isinstance(value, cst.List | cst.Tuple):
                    self.raises = tuple(map(self._raised, value.elements))
                    continue
                case "name" | "version" if text == "None":
                    continue
            code = self._module.tree.code_for_node(
                argument.with_changes(comma=cst.MaybeSentinel.DEFAULT)
            )
            problem = f"`{code.strip()}` is no option of `@service`"
            raise BadServiceOption.violation(self._module.span(argument), problem)

    def _raised(self, element: cst.BaseElement) -> Ref:
        name = dotted(element.value)
        if name is None:
            span = self._module.span(element)
            raise BadServiceOption.violation(span, "`raises` holds something else than classes")
        return self._names.ref(name, element)


def _is_service_name(name: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None and not keyword.iskeyword(name)


def snake_case(name: str) -> str:
    """`HTTPCarts2` → `http_carts2`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return spaced.lower().strip("_")


def services_of(modules: Modules, module: Module) -> Iterator[ServiceSyntax]:
    """The `@service` classes of one module, in the order of the text."""
    for hidden in module.scan.hidden:
        if any(each.name == "service" for each in decorations(modules, module, hidden.decorators)):
            problem = f"`{hidden.name.value}` is bound to something else in this module, too"
            raise DuplicateService.violation(module.span(hidden), problem, "Name one differently.")
    for name, node in module.scan.definitions.items():
        if not isinstance(node, cst.ClassDef):
            continue
        for decoration in decorations(modules, module, node.decorators):
            if decoration.name == "service":
                ref = Ref(module=module.name, name=name)
                yield ServiceSyntax(modules, ProtocolSyntax(ref, module, node), decoration)
