"""Breaking changes between two locks; `rules` lists the rules, `against` reads and compares.

The tiers nest: a project that promises its callers' SOURCE promises WIRE and CACHE as well.
"""
