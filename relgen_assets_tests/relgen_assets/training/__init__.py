"""Tests of `relgen_assets.training`."""
