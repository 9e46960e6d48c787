"""One imitated server software in one file; every server type of the pool needs its fake here."""
