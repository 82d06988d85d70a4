"""The one error that ends the demo with a sentence instead of a traceback."""


class DemoError(Exception):
    """Something went wrong that a person has to know about."""
