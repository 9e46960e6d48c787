"""Tests of the domain, in the same tree as the code."""
