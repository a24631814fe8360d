//! Nothing that somebody did is lost: without a screen, in real windows over real rooms.

mod apart;
mod closing;
mod crash;
mod desk;
mod files;
mod guests;
