"""Measurements of the whole: scripts that print tables, never part of the test run."""
