"""Tests of the forecast of a run."""
