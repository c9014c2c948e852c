"""Base model, adapter, tokenizer and the one renderer; the only room that calls fast-moving APIs.

No code of a hub runs here: bitsandbytes and transformers fetch kernels where the package `kernels` is
installed, and for this process it is not.
"""

import logging
import sys

sys.modules["kernels"] = None  # type: ignore[assignment]
# it advises to install that package
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
