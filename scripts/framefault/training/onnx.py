"""Networks as ONNX files, run by onnxruntime, which is optional."""

from framefault.errors import UserError, in_one_line


def open_session(path):
    """The network of an ONNX file, on one thread of the CPU. Raises UserError."""
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError(
            f"{path} needs the package onnxruntime; `pip install -r envs/onnx.txt` and run the"
            " same command again."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is said once, below
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's have no common class of their own
        raise UserError(
            f"{path} is no ONNX file that can be read: {in_one_line(error)}."
        ) from error
