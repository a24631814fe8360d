//! The real server on a real port, and clients that speak the protocol.

mod bulk;
mod client;
mod console;
mod crash;
mod cut;
mod editing;
mod http;
mod joining;
mod limits;
mod many;
mod mending;
mod metrics;
mod nearby;
mod nodes;
mod nodes_console;
mod nodes_storm;
mod people;
mod place;
mod program;
mod redis;
mod refusals;
mod resuming;
mod upkeep;
mod within;
