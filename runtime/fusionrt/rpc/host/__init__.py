"""The wing of whoever answers: `responder` of a service, `session` with a client, `servant` that it
asks for answers, `gate` (who may run) and `read_your_writes` (in which order all leaves).
"""
