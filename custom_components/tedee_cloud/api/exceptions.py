"""What can go wrong on the way to the cloud: one class for each thing a caller does differently.

Exceptions carry facts and never the request, its headers or its body: those hold the token and
PINs.
"""


class TedeeError(Exception):
    """Anything that keeps a request from succeeding."""


class TedeeConnectionError(TedeeError):
    """No connection was made, so the cloud has done nothing."""


class TedeeNoAnswerError(TedeeError):
    """The request left and no whole answer came back: whether it was carried out is unknown."""


class TedeeAnswerError(TedeeError):
    """An answer came that is not the vendor's: whether the request was carried out is unknown."""


class TedeeAuthError(TedeeError):
    """The cloud does not accept the token (401)."""


class TedeeVersionError(TedeeError):
    """The cloud does not serve the API version in the address."""


class TedeeRateLimitError(TedeeError):
    """The account has used up its requests: the cloud says so (429), or our own count does."""

    def __init__(self, retry_after: float) -> None:
        """Keep how many seconds the cloud asks to wait."""
        super().__init__(f"rate limited for {retry_after:.0f} s")
        self.retry_after = retry_after


class TedeeStatusError(TedeeError):
    """The cloud refused the request with a status of its own."""

    def __init__(self, status: int, *, enveloped: bool) -> None:
        """Keep the HTTP status and whether the vendor's envelope was around it."""
        super().__init__(f"refused with status {status}")
        self.status = status
        self.enveloped = enveloped


class TedeeUnfinishedError(TedeeError):
    """A write had no clear answer, and what was read back shows that it is not done so far."""


class TedeeOutcomeUnknownError(TedeeError):
    """A write had no clear answer, and nothing settles whether it was done."""
