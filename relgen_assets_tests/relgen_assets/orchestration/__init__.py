"""Tests of `relgen_assets.orchestration`."""
