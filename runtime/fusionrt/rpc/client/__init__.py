"""The wing of whoever calls: `caller` of a process, `peer` of a service, `session` with a host.

Its counterparts stand in the other wing, and neither imports the other: peer and responder, session
and session, `stream` (read) and `streams` (open), `answer` (awaited) and `servant` (asked for it),
`registration` (what is held for us) and `servant.Held` (what is held for them).
"""
