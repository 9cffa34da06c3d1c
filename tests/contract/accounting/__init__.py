"""The contract of accounting adapters as tests, for ours and for those of others; how to use it: docs/adapters.md.

from tests.contract.accounting import AdapterContract, Bench
"""

from tests.contract.accounting.bench import ALLOWED, Bench, BookedDocument, Trouble
from tests.contract.accounting.cases import AdapterContract

__all__ = ["ALLOWED", "AdapterContract", "Bench", "BookedDocument", "Trouble"]
