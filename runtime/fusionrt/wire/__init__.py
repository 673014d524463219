"""The session protocol, sans-io: frames, envelopes, and both ends of a session with no clock, no
loop and no socket (D1 to D19). `client` and `host` are its ends, `states` its state machines.
"""
