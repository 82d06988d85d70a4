"""Stand in for pyspeex-noise, which has to be compiled: the demo has no microphone."""


class AudioProcessor:
    """Clean nothing."""
