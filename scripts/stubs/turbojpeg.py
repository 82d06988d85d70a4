"""Stand in for PyTurboJPEG, which needs a library of the system: the demo has no camera."""


class TurboJPEG:
    """Scale nothing."""
