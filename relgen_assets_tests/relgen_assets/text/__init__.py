"""Tests of `relgen_assets.text`."""
