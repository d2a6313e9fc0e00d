"""OpenVINO's intermediate representation of a packed network, an .xml of operations and a .bin of their constants."""
