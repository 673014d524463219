"""Folders of things to do, on any number of hosts that share one database."""
