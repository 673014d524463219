"""The services as an AsyncAPI 3.0 document: what travels for each method, and on which subject."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fusionrt.broker import PORT
from fusionrt.rpc.subjects import Subjects
from fusionrt.wire.digest import method_id
from fusionrt.wire.frames import Kind

from ..contract import MethodKind
from ..project import Title
from ..show.description import Description, MethodDescription, ServiceDescription
from ..show.terminal import spelling_of
from .frames import Frames
from .payloads import Payloads, Schema, titled

__all__ = ["asyncapi"]

_Object = dict[str, Any]

_ABOUT = """\
Services of fusiongen over NATS.

A message is an envelope around frames: `[cid, principal, gen, last, frames]` from a client to a \
host, `[iid, gen, number, frames]` back. What this document calls a message is one frame: an array \
that begins with its tag. It travels as MessagePack; arguments, results and items are in it as the \
bytes of a MessagePack of their own, described here as if they were there themselves. A schema \
that says base64 describes plain bytes; aware datetimes travel as MessagePack's timestamps. The \
frames that open, keep and resync a session are in `schemas/frames.schema.json` of fusiongen.

A result of a compute method stays registered on its host, which tells the client when it is \
stale: by the id of the call that it answered."""


def asyncapi(description: Description, title: Title) -> str:
    """The document's text."""
    return json.dumps(_Document(description).whole(title), indent=2, ensure_ascii=False) + "\n"


class _Document:
    def __init__(self, description: Description) -> None:
        self._description = description
        self._frames = Frames()
        self._payloads = Payloads(description.types, spelling_of(description))
        self._subjects = Subjects()
        self._channels: _Object = {}
        self._operations: _Object = {}
        self._messages: _Object = {}

    def whole(self, title: Title) -> _Object:
        for name, service in self._description.services.items():
            self._service(name, service)
        return {
            "asyncapi": "3.0.0",
            "info": {
                "title": title.name or "services",
                "version": title.version or "0",
                "description": _ABOUT,
                "tags": [
                    _without_none(name=name, description=service.doc)
                    for name, service in self._description.services.items()
                ],
            },
            "defaultContentType": "application/msgpack",
            "servers": {
                "nats": {
                    "host": f"127.0.0.1:{PORT}",
                    "protocol": "nats",
                    "description": "The embedded broker; NATS_URL names another one.",
                }
            },
            "channels": self._channels,
            "operations": self._operations,
            "components": {
                "schemas": dict(sorted(self._payloads.schemas.items())),
                "messages": self._messages,
            },
        }

    def _service(self, name: str, service: ServiceDescription) -> None:
        self._channel(
            f"{name}.hosts",
            self._subjects.hosts(name),
            f"Where a client of {name} finds a host: one of the queue group answers with its "
            "instance id.",
        )
        self._message(
            f"{name}.hosts",
            "hello",
            self._frames.of("Hello"),
            summary=f"Asks a host of {name} for a session.",
        )
        self._channel(
            f"{name}.calls",
            self._subjects.host(name, "{iid}"),
            f"What clients ask of one host of {name}.",
            iid="The instance id of the host, made at random when it starts.",
        )
        self._channel(
            f"{name}.answers",
            self._subjects.client("{principal}", "{cid}", name),
            f"What hosts of {name} tell one client: results, errors, invalidations.",
            principal="Who the client is, for permissions of the broker.",
            cid="The client id, made at random when it starts.",
        )
        self._channel(
            f"{name}.operations",
            self._subjects.operations(name),
            f"Where hosts tell each other which results of {name} a command invalidated.",
        )
        self._failures(name, service)
        for method_name, method in service.methods.items():
            self._method(name, method_name, method)
        self._told(name)
        if service.internal:
            self._internal(name)

    def _internal(self, service: str) -> None:
        """No client role may reach any of its channels."""
        for key, channel in self._channels.items():
            if key.partition(".")[0] == service:
                channel["x-fusion-internal"] = True

    def _channel(self, key: str, address: str, description: str, **parameters: str) -> None:
        channel = {"address": address, "description": description, "messages": {}}
        if parameters:
            channel["parameters"] = {
                name: {"description": about} for name, about in parameters.items()
            }
        self._channels[key] = channel

    def _message(self, channel: str, name: str, payload: Schema, **about: Any) -> _Object:
        """Defines a message of a channel; a reference to it."""
        service = channel.partition(".")[0]
        key = f"{service}.{name}"
        self._messages[key] = {"name": key, **about, "payload": payload}
        self._channels[channel]["messages"][name] = {"$ref": f"#/components/messages/{key}"}
        return {"$ref": f"#/channels/{channel}/messages/{name}"}

    # -- methods --

    def _method(self, service: str, name: str, method: MethodDescription) -> None:
        calls = f"{service}.calls"
        streams = _streams(method)
        kind = Kind.STREAM if streams else Kind[method.kind.name]
        call = self._message(
            calls,
            f"{name}.calls",
            self._frames.of(
                "Calls",
                kind={"const": int(kind)},
                method={"const": method_id(name)},
                arguments=_each(self._arguments(method)),
            ),
            summary=f"Calls {service}.{name}.",
            correlationId={"location": "$message.payload#/1"},
        )
        self._operations[f"{service}.{name}"] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{calls}"},
            "title": f"{service}.{name}",
            **_about(method.doc),
            "tags": [{"name": service}, {"name": method.kind.value}],
            **dict(self._extensions(f"{service}.{name}", method)),
            "messages": [call, *self._sent(service, name, method)],
            **self._reply(service, name, method),
        }
        if method.kind is MethodKind.COMPUTE:
            self._invalidated(service, name)

    def _reply(self, service: str, name: str, method: MethodDescription) -> dict[str, Any]:
        """What answers a call, if anything does."""
        if method.kind is MethodKind.ONEWAY:
            return {}
        answers = f"{service}.answers"
        streams = _streams(method)
        payloads = _each(self._payloads.of(method.result))
        if streams:
            answer = self._message(
                answers,
                f"{name}.items",
                self._frames.of("Items", payloads=self._items(method)),
                summary=f"{_what(method)} of {service}.{name}.",
                correlationId={"location": "$message.payload#/1"},
            )
        else:
            answer = self._message(
                answers,
                f"{name}.results",
                self._frames.of("Results", method={"const": method_id(name)}, payloads=payloads),
                summary=f"Results of {service}.{name}.",
                correlationId={"location": "$message.payload#/2/0"},
            )
        ending = "end" if streams else "failure"
        return {
            "reply": {
                "channel": {"$ref": f"#/channels/{answers}"},
                "messages": [answer, {"$ref": f"#/channels/{answers}/messages/{ending}"}],
            }
        }

    def _sent(self, service: str, name: str, method: MethodDescription) -> Iterator[dict[str, str]]:
        """What a caller sends with a call: items, once the host gives credit, and their end."""
        calls = f"{service}.calls"
        for each in method.parameters:
            if each.streamed is not None:
                yield self._message(
                    calls,
                    f"{name}.{each.name}",
                    self._frames.of("Items", payloads=_each(self._payloads.of(each.type))),
                    summary=f"Items of `{each.name}` for {service}.{name}, after credit.",
                    correlationId={"location": "$message.payload#/1"},
                )
                yield self._message(
                    calls,
                    f"{name}.{each.name}.end",
                    self._frames.of("End"),
                    summary=f"The end of `{each.name}` for {service}.{name}.",
                    correlationId={"location": "$message.payload#/1"},
                )

    def _items(self, method: MethodDescription) -> Schema:
        items = self._payloads.of(method.result)
        if method.head is None:
            return _each(items)
        return _each({"anyOf": [titled("the first one", self._payloads.of(method.head)), items]})

    def _arguments(self, method: MethodDescription) -> Schema:
        items = [
            titled(each.name, self._payloads.of(each.type))
            for each in method.parameters
            if not each.filled and each.streamed is None
        ]
        schema: Schema = {
            "type": "array",
            "minItems": len(items),
            "maxItems": len(items),
            "description": "All of them, in this order, defaults filled in.",
        }
        return schema | ({"items": items} if items else {})

    def _extensions(self, name: str, method: MethodDescription) -> Iterator[tuple[str, Any]]:
        if method.deprecated is not None:
            yield "x-fusion-deprecated", method.deprecated
        filled = [each.name for each in method.parameters if each.filled]
        if filled:
            yield "x-fusion-filled", filled
        if method.idempotent:
            yield "x-fusion-idempotent", True
        if method.transient:
            yield "x-fusion-transient", True
        if method.options:
            yield "x-fusion-options", method.options
        if method.kind is MethodKind.COMMAND:
            invalidated = self._description.invalidated_by(name)
            yield "x-fusion-invalidates", [each.key for each in invalidated]
        if method.kind is MethodKind.COMPUTE:
            invalidating = self._description.invalidating(name)
            yield "x-fusion-invalidated-by", sorted({each.command for each in invalidating})

    # -- what belongs to no single method --

    def _failures(self, service: str, described: ServiceDescription) -> None:
        answers = f"{service}.answers"
        declared = [each.rpartition(".")[2] for each in described.raises]
        data: list[Schema] = [
            {"const": "", "description": "Nothing, with most codes."},
            {
                "type": "array",
                "description": "Of a `cycle`: the calls that wait for each other.",
                "items": {"type": "string"},
            },
        ]
        if declared:
            raised = {
                "type": "array",
                "description": "Of a `declared` exception.",
                "items": [
                    {"title": "class", "enum": declared},
                    {"title": "arguments", "type": "array"},
                    {"title": "attributes", "type": "object"},
                ],
            }
            data.insert(0, raised)
        failed = f"A call of {service} failed: `declared` for " + (
            f"{', '.join(declared)}; " if declared else "an exception that the contract declares; "
        )
        failed += "`internal` for any other, with a reference into the host's log."
        self._message(
            answers, "failure", self._frames.of("Failure", data={"anyOf": data}), summary=failed
        )
        kinds = {method.kind for method in described.methods.values()}
        if any(map(_streams, described.methods.values())):
            summary = f"The end of a stream of {service}."
            self._message(answers, "end", self._frames.of("End"), summary=summary)
        if MethodKind.COMPUTE in kinds:
            self._message(
                answers,
                "invalidated",
                self._frames.of("Invalidated"),
                summary=f"Results of {service} are stale: those that answered the calls `ids`.",
            )

    def _invalidated(self, service: str, name: str) -> None:
        by = sorted({e.command for e in self._description.invalidating(f"{service}.{name}")})
        answers = f"{service}.answers"
        self._operations[f"{service}.{name}.invalidated"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{answers}"},
            "title": f"{service}.{name} invalidated",
            "summary": f"Results of {service}.{name} that a client holds are stale"
            + (f", after {' or '.join(by)}" if by else "")
            + "; or what they were made from is.",
            "tags": [{"name": service}, {"name": "invalidation"}],
            "messages": [{"$ref": f"#/channels/{answers}/messages/invalidated"}],
        }

    def _told(self, service: str) -> None:
        channel = f"{service}.operations"
        key = {
            "type": "array",
            "items": [
                {"title": "service", "type": "string", "const": service},
                {"title": "method", "type": "string", "description": "Empty for all of them."},
                {
                    "title": "arguments",
                    "type": "array",
                    "items": {
                        "description": "One as the bytes of its MessagePack; null is any value.",
                        "anyOf": [
                            {"type": "string", "contentEncoding": "base64"},
                            {"type": "null"},
                        ],
                    },
                },
            ],
        }
        operation = {
            "title": "operation",
            "type": "array",
            "items": [
                {"title": "id", "type": "string"},
                {"title": "iid", "type": "string"},
                {"title": "command", "type": "string"},
                {"title": "keys", "type": "array", "items": key},
            ],
        }
        payload = {
            "type": "array",
            "items": [
                operation,
                {
                    "title": "number",
                    "type": "integer",
                    "description": "Counts those that this host tells the service's hosts.",
                },
                {
                    "title": "log",
                    "type": "string",
                    "description": "The operation log of its host: who has the same reads that.",
                },
            ],
        }
        summary = f"A command has run, and these results of {service} are stale."
        told = self._message(channel, "operation", payload, summary=summary)
        for action in ("send", "receive"):
            self._operations[f"{channel}.{action}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{channel}"},
                "summary": "A host that ran a command tells the others."
                if action == "send"
                else "Each host invalidates what it holds.",
                "tags": [{"name": service}, {"name": "invalidation"}],
                "messages": [told],
            }


def _each(schema: Schema) -> Schema:
    """A list of these, one for each call or item of a frame."""
    return {"type": "array", "items": schema}


def _about(doc: str | None) -> _Object:
    """A docstring as summary, and as description if it says more."""
    summary, _, rest = (doc or "").strip().partition("\n")
    about = {"summary": summary} if summary else {}
    return about | ({"description": doc} if rest else {})


def _without_none(**entries: Any) -> _Object:
    return {name: value for name, value in entries.items() if value is not None}


def _streams(method: MethodDescription) -> bool:
    """Whether it is called as a stream: something comes, or is sent, item by item."""
    return method.kind is MethodKind.STREAM or any(each.streamed for each in method.parameters)


def _what(method: MethodDescription) -> str:
    """What its items are."""
    if method.kind is not MethodKind.STREAM:
        return "The result, as the only item,"
    return "Items" if method.head is None else "What comes before, and the items"
