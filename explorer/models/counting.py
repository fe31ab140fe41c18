"""Multiplications of a dry run, by torch's own table of what an operation costs.

torch's FlopCounterMode has the same table and imports its compiler for it: 1.3 s before the first
network of every process.
"""

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode


class Counting(TorchDispatchMode):
    """with Counting() as counter: ...; counter.multiplications."""

    def __init__(self):
        super().__init__()
        self.multiplications = 0.0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing is compiled in it, so no compiler has to be told

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        from torch.utils.flop_counter import flop_registry

        kwargs = kwargs or {}
        made = func(*args, **kwargs)
        if cost := flop_registry.get(func._overloadpacket):
            self.multiplications += cost(*args, **kwargs, out_val=made) / 2
        return made
