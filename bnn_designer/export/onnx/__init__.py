"""A packed network as ONNX: in plain operators for ONNX Runtime, and with QONNX's quantizer for tools of FPGAs."""
