//! Room, Desk and Session: collaboration as pure functions.
