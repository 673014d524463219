"""The core: the files that touch the slots of `Computed` and `Run`, and together keep its laws.

Outside of this room private means private (`tests/house/test_private.py`): others use what
`Computed` and `Function` offer without an underscore, and `inner`. In here the files stand as one:
they share slots. The core knows neither the states nor the insight that are made from it.

What there is:

- `computed` a result, `function` the table of a method's results, `run` a body that runs,
  `scope` and `current` what the running code belongs to.
- **Reading**: `hit` what the hot path finds; a call is `fetch_hot` while the answer is there, and
  `fetch_cold` from where it is not (G5b, G17); `execute` runs a body and settles its computed
  (G19, G20), `cycles` and `flows` find bodies that wait for each other (G30), `edges` links what
  was made to what it was made from (G9).
- **Invalidating**: `invalidate` marks a closure and tells the handlers, `delay` does it later
  (G25), `expiry` by time (G22, G24), `wildcards`
  finds what a pattern names (G36).
- **Watching**: `changes` one result after another, `suspension` and `leases` while the freshness of
  what lies on another host cannot be proven (D6b).
- **Keeping**: `retention` (G23, G34), `counts`.

What they all rely on:

- `_run` is set exactly while the state is Computing; whoever takes it away settles the computed,
  or abandons it, in the same step of the loop.
- A state is changed in `execute`, `invalidate` and, for a body that never began, `fetch_hot`; all
  of them leave with the computed out of its table and without edges if it is Invalidated (G9).
- `_origin` of a Computing one is its flag: it will end Invalidated (G5).
- Nothing that users wrote is called between two halves of a change (G15b, G37).
"""
