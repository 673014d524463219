"""The wing of whoever answers: `responder` of a service, `session` with a client, `servant` that it
asks for answers, `gate` (who may run next), `pool` (which task runs it), `holdings` (what clients
hold) and `read_your_writes` (in which order all leaves).
"""
