"""A packed network as a C99 program for microcontrollers: no dependency, weights in flash, a static arena."""
