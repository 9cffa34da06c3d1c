"""The contract of accounting adapters as tests, for ours and for those of others; how to use it: docs/adapters.md.

from tests.contract.accounting import AdapterContract, Bench
"""

import pytest

pytest.register_assert_rewrite("tests.contract.accounting")  # before its modules, so that failures show their values

from shared.testing.fixtures import everything_logged  # noqa: E402 - a case needs it, and others have no conftest of ours
from tests.contract.accounting.bench import ALLOWED, Bench, BookedDocument, Trouble  # noqa: E402 - see above
from tests.contract.accounting.cases import AdapterContract  # noqa: E402 - see above

__all__ = ["ALLOWED", "AdapterContract", "Bench", "BookedDocument", "Trouble", "everything_logged"]
