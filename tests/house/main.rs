//! The rules of the house, asserted: which crate may stand on which, what each deliberately lacks, and how the code
//! is kept. Each rule reports every place that breaks it in one message, so that one run is enough to mend them all.

mod floors;
mod mutations;
mod sources;
mod tidiness;

/// Fails with the whole list of `places` where `rule` is broken; passes when there is none.
#[track_caller]
fn assert_none(rule: &str, mut places: Vec<String>) {
    places.sort();
    assert!(places.is_empty(), "{rule}; {} to mend:\n  {}", places.len(), places.join("\n  "));
}
