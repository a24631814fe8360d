//! Texts: their codes, and how they break into lines.

pub(crate) mod codes;
pub(crate) mod mtext;
