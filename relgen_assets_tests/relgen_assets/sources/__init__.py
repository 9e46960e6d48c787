"""Tests of the sources of articles, most of them on small files."""
