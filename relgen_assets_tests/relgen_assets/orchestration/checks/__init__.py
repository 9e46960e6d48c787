"""Tests of the asset checks as Dagster runs them."""
