"""Stand in for pymicro-vad, which has to be compiled: the demo has no microphone."""


class MicroVad:
    """Hear nothing."""
