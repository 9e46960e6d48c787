"""Tests of `relgen_assets.batching`."""
