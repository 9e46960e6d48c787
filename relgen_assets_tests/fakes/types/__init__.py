"""One file for each imitated server software; every server type of the pool needs a fake here."""
