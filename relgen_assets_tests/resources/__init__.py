"""Tests of the resources, which know nothing of papers."""
