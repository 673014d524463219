"""What the lock holds: made of what was read."""

from __future__ import annotations

from ..contract import FREEZABLE, Contract, Expression, Kind, Method, Parameter
from ..reader.contracts import Reading
from ..reader.literals import normal
from ..reader.shapes import Structure
from ..reader.structures import Structures
from .lock import (
    Lock,
    LockedContract,
    LockedField,
    LockedMethod,
    LockedParameter,
    LockedShard,
    LockedType,
)
from .referenced import referenced
from .spelled import Spelled

__all__ = ["lock_of"]


def lock_of(reading: Reading) -> Lock:
    """The lock of these contracts."""
    writer = _Writer(reading.structures)
    return Lock.model_construct(
        contracts={contract.name: writer.contract(contract) for contract in reading.contracts},
        types={str(each.ref): writer.type(each) for each in referenced(reading)},
        unions=writer.spelled.unions,
    )


class _Writer:
    def __init__(self, structures: Structures) -> None:
        self._structures = structures
        self.spelled = Spelled(structures)

    def contract(self, contract: Contract) -> LockedContract:
        return LockedContract(
            protocol=str(contract.ref),
            version=contract.version,
            internal=contract.internal,
            raises={
                cls.name.rpartition(".")[2]: str(cls)
                for cls in map(self._structures.exception, contract.raises)
            },
            shard=None
            if contract.shard is None
            else LockedShard(parameter=contract.shard.parameter, count=contract.shard.count),
            methods={method.name: self._method(method) for method in contract.methods},
        )

    def _method(self, method: Method) -> LockedMethod:
        return LockedMethod(
            kind=method.kind,
            parameters=tuple(map(self._parameter, method.parameters)),
            result=self.spelled.type(method.result),
            generator=method.generator,
            idempotent=method.idempotent,
            head=None if method.head is None else self.spelled.type(method.head),
            skip=method.skip,
            transient=method.transient,
            options={name: float(text) for name, text in method.options.given()},
            invalidates=tuple(map(str, method.invalidates)),
            deprecated=method.deprecated,
        )

    def _parameter(self, parameter: Parameter) -> LockedParameter:
        return LockedParameter(
            name=parameter.name,
            type=self.spelled.type(parameter.type),
            kind=parameter.kind,
            streamed=parameter.streamed,
            **self._default(parameter.default),
        )

    def _default(self, default: Expression | None) -> dict[str, str]:
        if default is None:
            return {}
        shown = self.spelled.expression(default)
        return {
            "default": shown,
            **_differing(shown, self._structures.values.of_expression(default)),
        }

    def type(self, structure: Structure) -> LockedType:
        return LockedType(
            kind=structure.kind,
            frozen=structure.frozen,
            hashed=_is_hashed(structure),
            ordered=structure.ordered,
            by_identity=structure.by_identity,
            validated=structure.validated,
            bases=tuple(map(str, structure.bases)),
            parameters=structure.parameters,
            fields=tuple(
                LockedField(
                    name=field.name,
                    type=self.spelled.type(field.type) if field.type is not None else field.text,
                    keyword=field.after_mark,
                    attribute=field.attribute,
                    default=field.default,
                    **_differing(field.default, field.value),
                )
                for field in structure.fields
            ),
            target=self.spelled.type(structure.target) if structure.target is not None else None,
            text=structure.text,
            options=_options(structure),
        )


def _differing(default: str | None, value: str | None) -> dict[str, str]:
    """What a default comes down to, if it does not say so itself."""
    same = default is None or value is None or value == normal(default)
    return {} if same or value is None else {"value": value}


def _is_hashed(structure: Structure) -> bool:
    if structure.kind in FREEZABLE:
        return structure.hashed_by != "nothing"
    return structure.kind is Kind.UNKNOWN and structure.frozen


def _options(structure: Structure) -> dict[str, str]:
    """The options; a Struct that is told by its own name says it."""
    options = dict(structure.options)
    tagged = options.get("tag", "True" if "tag_field" in options else None)
    name = structure.ref.name.rpartition(".")[2]
    if structure.kind is Kind.STRUCT and tagged not in (None, "None", "False"):
        known = tagged != "True" and tagged[:1] in "'\"-0123456789"
        options["tag"] = (
            tagged if known else repr(name) if tagged == "True" else f"{tagged}({name!r})"
        )
    return options
