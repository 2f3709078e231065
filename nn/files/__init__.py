"""Files: models and checkpoints as JSON that runs nothing and that no crash leaves half written.

`strict_json` reads bounded documents, `document` is the format, `architecture` the table of
classes that a file may name, `atomic` the replacement of a file. Invariant: whatever a file holds,
the only error about it is `LoadError`, raised before anything is changed.
"""
