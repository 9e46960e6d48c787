"""What may be published: the licence of an article and the terms of the models that read it.

Pure functions over text. They tell what is known and never guess: what they do not recognise is
unknown. This is no legal advice. Sources, export and the card use it; it knows neither of them.

May touch `rows` and `domain_errors`.
"""
