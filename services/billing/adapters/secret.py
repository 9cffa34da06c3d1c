"""A secret that does not show itself."""


class Secret:
    """Holds a secret text; `repr`, `str` and formatting show only that there is one."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that must have it."""
        return self._text

    def __repr__(self) -> str:
        return "<secret>"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def without_secrets(text: str, *secrets: Secret) -> str:
    """The text with every secret in it masked: for texts that came from outside."""
    for secret in secrets:
        if secret.reveal():
            text = text.replace(secret.reveal(), "***")
    return text
