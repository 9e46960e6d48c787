"""Tests of `resources.hub_repository`."""
