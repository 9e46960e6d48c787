"""Tests of the command line, in a project folder of their own."""
