"""Tests of `relgen_assets.integrity`."""
