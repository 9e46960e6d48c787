"""The web UI as a person uses it: Dagit in a real browser, over a project with a fake server."""
