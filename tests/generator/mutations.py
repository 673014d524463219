"""Texts of contracts with random damage."""

from __future__ import annotations

import re
from random import Random

__all__ = ["mutated"]

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_PIECES = [
    *("(", ")", "[", "]", "{", "}", ",", ":", ".", "=", "*", "**", "@", "|", "->", "...", "'", '"'),
    *("async", "def", "class", "self", "None", "True", "int", "list", "Protocol", "ANY", "result"),
    *("set", "Sequence"),
    *("lambda", "await", "yield", "in", "for", "if", "import", "from", "type", "1", "-", "#", "\\"),
    *("\n", "    ", "\t", "\r\n", "\x00", "é", "\u2028", "😀", "f''", "b''", "1e999", "not", ";"),
]


def mutated(text: str, random: Random) -> str:
    """The text with some of its tokens replaced, most of them words by other words, so that much of
    it still parses; or dropped, doubled or swapped."""
    start = text.index("\n@") if random.random() < 0.7 else 0
    tokens = _TOKEN.findall(text[start:])
    words = [index for index, token in enumerate(tokens) if token[0].isalpha()]
    for _ in range(random.randrange(1, 4)):
        place = random.randrange(len(tokens))
        match random.randrange(10):
            case 0:
                del tokens[place]
            case 1:
                tokens.insert(place, random.choice(_PIECES))
            case 2:
                tokens[place] = random.choice(_PIECES)
            case 3:
                end = min(len(tokens), place + random.randrange(1, 20))
                tokens[place:place] = tokens[place:end]
            case _:
                word = tokens[random.choice(words)] if random.random() < 0.7 else None
                tokens[random.choice(words)] = word or random.choice(_PIECES)
        words = [index for index, token in enumerate(tokens) if token[0].isalpha()] or [0]
    return text[:start] + "".join(tokens)
