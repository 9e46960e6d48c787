"""Teaching a small model with a dataset: what is learned how, the training, and its model file.

What is trained on belongs to `export`, how good the student is to `evaluation`. PyTorch, TRL and
their like come with the extra `train`; they are imported when a training begins and nowhere else.

May touch `export`, `domain_errors`, `resources.progress` and `resources.storage`.
"""
