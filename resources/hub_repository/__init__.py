"""A folder of files, published to a dataset repository of the Hugging Face Hub.

    changes     what has to be added, replaced and removed there; pure
    faults      what the Hub, the network and its client say, as errors that say what to do
    repository  one repository: looking, creating, uploading, committing

What the files mean, and which of those in the repository are one's own, is up to the callers.

May touch `resources.errors`, `resources.progress` and `resources.redaction`.
"""
