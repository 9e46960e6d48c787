"""Tests of `relgen_assets.evaluation`."""
