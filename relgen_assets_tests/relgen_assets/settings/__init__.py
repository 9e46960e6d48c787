"""Tests of `relgen_assets.settings`."""
