//! The rules of room, desk and session, case by case. What comes of them all together is for the simulation.

mod comments;
mod desk;
mod lab;
mod line;
mod nodes;
mod replay;
mod roles;
mod room;
mod session;
