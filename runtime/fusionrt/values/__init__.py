"""Values of declared types as bytes, as keys, and back.

A type is read into a shape; a shape is planned, normalised, told apart. Each step knows every
shape, in one `match`; what a family of types needs beside that stands in a file of its own.

The steps, each below the next:

- `reading`: a type becomes a `Shape` of `shapes`; `fields` and `aliases` find the types within it,
  and `instead` says what to declare where there is none.
- `matching`: to which member of a union a value belongs.
- `plans`: how a shape travels, as a `Plan` of `conversions`; `faithful` says which shapes msgspec
  carries by itself.
- `codecs`: bytes and JSON by that plan, with `json_text`, and `wide` and `bools` for what msgspec
  refused.
- `normal` (with `leaves`), `telling`, `keys`: an argument is normalised, told from others,
  and names a result.

The families:

- numbers, texts, instants: `scalars`; an integer beyond 64 bits: `wide`; a bool for a number:
  `bools`
- paths, addresses, time zones, URLs, secrets: `texts`
- containers: `plans`, their conversions in `conversions`
- unions: `matching`; an alias that holds itself: `aliases`, and if it is like JSON, `trees`
- dataclasses, Structs, NamedTuples, TypedDicts, attrs classes: `fields`, `records`
- values of no declared type, as exceptions hold them: `untyped`
- pydantic's models: `models`, `model_fields`; what pydantic checks beside a type: `checking`. These
  three import pydantic: others import them within functions, where such a type is met.
"""
