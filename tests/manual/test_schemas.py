"""The files in `schemas/`: current, and true of real files."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from fusiongen.manual.schemas import schemas
from fusiongen.output.lock import LOCK_FILE
from fusiongen.output.reading import reading_of
from fusiongen.project import Config
from fusiongen.resources import folder
from fusiongen.show.description import description_json, description_of
from fusionrt.wire.envelopes import encode_client_envelope, encode_host_envelope
from fusionrt.wire.schema import frames_schema
from tests.golden.regenerate import HERE as GOLDENS
from tests.golden.regenerate import cases, project_of
from tests.wire.frame_samples import CLIENT, HOST

ROOT = Path(__file__).parents[2]
PROJECTS = (
    ROOT / "examples" / "cart" / "pyproject.toml",
    ROOT / "templates" / "init" / "pyproject.toml.txt",
    ROOT / "tests" / "services" / "pyproject.toml",
)


def _schema(name: str) -> Any:
    text = (folder("schemas") / f"{name}.schema.json").read_text(encoding="utf-8")
    return json.loads(text)


def _is_valid(name: str) -> Callable[[object], bool]:
    validator = Draft202012Validator(_schema(name))

    def judge(document: object) -> bool:
        return not [error.message for error in validator.iter_errors(document)]

    return judge


def test_the_schemas_are_current() -> None:
    """`schemas/` holds what the models say, and nothing else; if not: `python -m
    fusiongen.manual.schemas`."""
    for name, text in schemas().items():
        assert (folder("schemas") / name).read_text(encoding="utf-8") == text
    there = {path.name for path in folder("schemas").iterdir()}
    assert there == {*schemas(), "frames.schema.json"}
    assert _schema("frames") == frames_schema()


@pytest.mark.parametrize("name", ["config", "description", "frames", "lock"])
def test_a_schema_is_one(name: str) -> None:
    """By the draft that it names."""
    Draft202012Validator.check_schema(_schema(name))


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_real_configurations_are_valid(path: Path) -> None:
    """Those of the example, of a new project and of our own tests."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))["tool"]["fusiongen"]
    assert _is_valid("config")(table)


GOOD: dict[str, Any] = {"contracts": ["shop/contracts.py"], "out": "shop/generated"}
ALLOWED = {"rule": "METHOD_REMOVED", "at": "carts.get", "reason": "gone"}


@pytest.mark.parametrize(
    ("changes", "valid"),
    [
        ({}, True),
        ({"source-roots": ["src"], "templates": "t", "allow": [ALLOWED]}, True),
        ({"contracts": []}, False),
        ({"contracts": "shop/contracts.py"}, False),
        ({"out": 1}, False),
        ({"source_roots": ["src"]}, False),
        ({"allow": [{**ALLOWED, "reason": ""}]}, False),
        ({"allow": [{"rule": "METHOD_REMOVED", "at": "carts.get"}]}, False),
        ({"format": "black"}, False),
    ],
)
def test_the_config_schema_judges_as_the_generator(changes: dict[str, Any], valid: bool) -> None:
    """An editor that knows the schema says what `fusiongen` would say."""
    document = {**GOOD, **changes}
    assert _is_valid("config")(document) is valid
    if valid:
        Config.model_validate(document)
    else:
        with pytest.raises(ValidationError):
            Config.model_validate(document)


@pytest.mark.parametrize("case", cases())
def test_real_locks_and_descriptions_are_valid(case: str) -> None:
    """Those of every golden; and not with a field more or less."""
    lock = json.loads((GOLDENS / case / "expected" / LOCK_FILE).read_text(encoding="utf-8"))
    described = json.loads(description_json(description_of(reading_of(project_of(case)))))
    for name, document in (("lock", lock), ("description", described)):
        assert _is_valid(name)(document)
        assert not _is_valid(name)({**document, "colour": "red"})
    del lock["hash"], described["services"]
    assert not _is_valid("lock")(lock)
    assert not _is_valid("description")(described)


def _as_json(data: bytes) -> Any:
    """What the schema of the frames describes: bytes as base64."""

    def shown(value: Any) -> Any:
        if isinstance(value, list):
            return list(map(shown, value))
        return base64.b64encode(value).decode() if isinstance(value, bytes) else value

    return shown(msgspec.msgpack.decode(data))


@pytest.mark.parametrize("index", range(len(CLIENT) + len(HOST)))
def test_real_frames_are_valid(index: int) -> None:
    """Every frame in its envelope; and not with an element of another type."""
    is_valid = _is_valid("frames")
    if index < len(CLIENT):
        message = _as_json(encode_client_envelope("c", "p", 1, 2, (CLIENT[index],)))
    else:
        message = _as_json(encode_host_envelope("i", 1, 2, (HOST[index - len(CLIENT)],)))
    assert is_valid(message)
    *head, frames, proof = message
    assert not is_valid([*head, [[99, *frames[0][1:]]], proof])
    for place in range(1, len(frames[0])):
        wrong = [*frames[0]]
        wrong[place] = 0.5
        assert not is_valid([*head, [wrong], proof]), place
