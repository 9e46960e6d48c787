"""Servers that tests talk to over loopback; nothing here is used outside tests."""
