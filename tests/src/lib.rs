//! Wardbook as a whole. The tests stand in `tests/`.
