"""Tests of licences, model terms and what may be published."""
