"""Releases: versions of the dataset that never change, and proof that they are what was made.

    manifest      every file with its SHA-256, and what the release holds
    contents      which rows a release holds, and what each came from
    compaction    many small shards to few large ones, batch by batch
    release_card  what the card of a release says besides that of the dataset folder
    making        a whole release, written into a folder
    places        folders of releases: written beside, moved into place, never overwritten
    verification  a folder compared with its manifest
    permission    which of its rows may not be published
    publishing    a release on the Hugging Face Hub

Whether a dataset is fit for release, and how it is made again, is decided elsewhere.

May touch `domain_errors`, `export`, `rights`, `rows`, `resources.atomic_write`,
`resources.hub_repository`, `resources.progress` and `resources.storage`.
"""
