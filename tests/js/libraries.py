"""React and Preact as ES modules that a page can import, without a bundler."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from .node import installed

__all__ = ["write_libraries"]

_REACT: Final = {
    "react": ("react/cjs/react.development.js", ()),
    "scheduler": ("scheduler/cjs/scheduler.development.js", ()),
    "react-dom": ("react-dom/cjs/react-dom.development.js", ("react",)),
    "react-dom-client": (
        "react-dom/cjs/react-dom-client.development.js",
        ("react", "scheduler", "react-dom"),
    ),
}
"""Each with what it asks for by `require`: React comes as CommonJS only."""
_PREACT: Final = {
    "preact": "preact/dist/preact.mjs",
    "preact-hooks": "preact/hooks/dist/hooks.mjs",
    "preact-compat": "preact/compat/dist/compat.mjs",
}
_EXPORT: Final = re.compile(r"^ *exports\.(\w+) =", re.MULTILINE)


def write_libraries(folder: Path) -> None:
    """Write one module for each."""
    packages = installed()
    folder.mkdir(parents=True, exist_ok=True)
    for name, (path, required) in _REACT.items():
        text = (packages / path).read_text()
        (folder / f"{name}.js").write_text(_as_module(text, required))
    for name, path in _PREACT.items():
        shutil.copy(packages / path, folder / f"{name}.js")


def _as_module(text: str, required: tuple[str, ...]) -> str:
    imports = "".join(f'import * as m{i} from "./{name}.js"\n' for i, name in enumerate(required))
    table = ", ".join(f'"{name}": m{i}' for i, name in enumerate(required))
    names = sorted(set(_EXPORT.findall(text)))
    exports = "\n".join(f"export const {name} = exports.{name}" for name in names)
    return (
        f"{imports}const process = {{ env: {{}} }}\nconst exports = {{}}\n"
        f"const require = (name) => ({{ {table} }})[name]\n"
        f"{{\n{text}\n}}\n{exports}\n"
    )
