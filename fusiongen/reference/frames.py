"""The frames of the session protocol as JSON Schemas (draft 7), filled in for one method."""

from __future__ import annotations

from typing import Any

from fusionrt.wire.schema import frames_schema

from .payloads import Schema

__all__ = ["Frames"]


class Frames:
    """Describes frames. A frame is an array whose first element is its tag."""

    def __init__(self) -> None:
        self._defs: dict[str, Any] = frames_schema()["$defs"]

    def of(self, name: str, **elements: Schema) -> Schema:
        """The frame of this name, with elements of which more is known than the protocol says."""
        described = self._defs[name]
        items = []
        for item in described["prefixItems"]:
            title = item["title"]
            known = elements.pop(title, None)
            items.append({"title": title} | (self._plain(item) if known is None else known))
        assert not elements, f"the frame {name} has no {', '.join(elements)}"
        return {"type": "array", "items": items, "minItems": described["minItems"]}

    def _plain(self, schema: Any) -> Any:
        """The same without references, tuples as draft 7 has them."""
        match schema:
            case {"$ref": str(ref)}:
                return self._plain(self._defs[ref.rpartition("/")[2]])
            case {"prefixItems": items, **rest}:
                return self._plain({"items": items, **rest})
            case dict():
                return {key: self._plain(value) for key, value in schema.items() if key != "title"}
            case list():
                return list(map(self._plain, schema))
        return schema
