"""The rules that a contract keeps, one class each; `rules.all` lists them.

A rule that reading depends on is raised by the reader, where it stumbles; the others are
`ContractRule`s, run over the finished model.
"""
