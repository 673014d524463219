"""Breaking changes between two locks; `changes` finds them: `baseline` reads the older lock,
`aligned` makes both ready, `comparison` sets them side by side, and each of the `rules` looks at
that. `layout` says what a locked type looks like on the wire.

The tiers nest: a project that promises its callers' SOURCE promises WIRE and CACHE as well.
"""
