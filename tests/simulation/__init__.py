"""The whole system on a simulated network, process by process; see `docs/simulation.md`."""
