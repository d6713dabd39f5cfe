"""A program that ends the process that runs it, the same way each time."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch


class Mean(torch.nn.Module):
    """Takes the means of images' channels, in one kernel that no delegate runs."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Returns the means [N, C] of images [N, C, H, W]."""
        return images.mean((2, 3))


def make_killing(shape: tuple[int, ...], path: Path) -> None:
    """Writes a program for images of a shape, whose kernel is given a list where it needs a tensor.

    ExecuTorch's kernels assert what they are given, and end the process where it is not so. A
    program with a damaged pointer would not do: what it meets is not the same each time.
    """
    from executorch.exir import to_edge
    from executorch.exir._serialize._program import PTEFile, serialize_pte_binary

    with warnings.catch_warnings():
        # What the package says of PyTorch's and Python's own names.
        warnings.simplefilter("ignore")
        exported = torch.export.export(Mean().eval(), (torch.zeros(shape),))
        program = to_edge(exported).to_executorch().executorch_program
        (plan,) = program.execution_plan
        (chain,) = plan.chains
        (call,) = (instruction.instr_args for instruction in chain.instructions)
        _, axes, *_ = call.args
        call.args[0] = axes
        path.write_bytes(bytes(serialize_pte_binary(PTEFile(program=program))))
