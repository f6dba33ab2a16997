"""What a `.tflite` file may claim: a few bytes can describe tensors that no memory holds."""

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite.file import TfliteFile

# A picture of 4096 × 4096 as floats has 201 MB; activations of one tensor seldom reach a tenth of this.
MAX_INPUT_BYTES, MAX_TENSOR_BYTES = 256 << 20, 512 << 20


def check_claims(file: TfliteFile) -> None:
    """Checks the sizes of the tensors that running a file would make.

    Raises:
        SuiteError: If one is larger than any that fits a small computer; it is named.
    """
    for graph in file.subgraphs:
        ends = {*graph.input_indices, *graph.output_indices}
        for tensor in graph.tensors:
            most = MAX_INPUT_BYTES if tensor.index in ends else MAX_TENSOR_BYTES
            if tensor.bytes > most and not graph.is_constant(tensor):
                raise SuiteError(
                    f"{file.where}: tensor '{tensor.name[:80]}' claims {tensor.bytes:,} bytes, in a file of "
                    f"{file.file_bytes:,}; at most {most:,} are run. It is damaged, or made for another machine"
                )
