"""Networks as ONNX models without weights."""
