"""Tests of the files in `docker/`, as far as they can be checked without a Docker daemon."""
