//! The collaboration server.
