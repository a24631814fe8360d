//! The drawing: records, ops, apply and its exact inverse.
