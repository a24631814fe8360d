//! Lists of ids, written by their runs: three or more that follow on one another are one pair `[first, len]`, and any
//! other id is itself. What is selected was mostly made in one go, so that a hundred thousand of them are a few bytes.
//!
//! For `#[serde(with = "drawing::runs")]`. A list reads as it was written: in its order, with what is in it twice. Lists
//! that hold no pairs are what was written before there were any.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::{EntityId, RecordId};

/// A shorter run is written as its ids: a pair is no shorter, and people read ids more easily.
const RUN_MIN: u64 = 3;
/// How many ids the pairs read may stand for where nobody says otherwise.
const IDS_MAX: usize = 1 << 22;

thread_local! {
    /// How many ids the pairs that are still to be read on this thread may stand for.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Reads something in which pairs stand for at most `ids_max` ids, all lists together: a pair of ten bytes may say any
/// number, and nothing is made of it before that was looked at.
pub fn within<T>(ids_max: usize, read: impl FnOnce() -> T) -> T {
    /// Puts back what was there, on every way out.
    struct Before(Option<usize>);
    impl Drop for Before {
        fn drop(&mut self) {
            LEFT.set(self.0);
        }
    }
    let _before = Before(LEFT.replace(Some(ids_max)));
    read()
}

/// Takes so many ids from what may be read; false if that is too many.
fn take(len: u64) -> bool {
    let left = LEFT.get();
    let Some(less) = usize::try_from(len).ok().and_then(|len| left.unwrap_or(IDS_MAX).checked_sub(len)) else {
        return false;
    };
    if left.is_some() {
        LEFT.set(Some(less));
    }
    true
}

/// What can stand in a list of ids.
pub trait Id: Copy + Serialize + for<'de> Deserialize<'de> {
    /// The id with this number.
    fn of(number: u64) -> Self;
    /// Its number.
    fn number(self) -> u64;
}

impl Id for RecordId {
    fn of(number: u64) -> RecordId {
        RecordId(number)
    }
    fn number(self) -> u64 {
        self.0
    }
}

impl Id for EntityId {
    fn of(number: u64) -> EntityId {
        EntityId(number)
    }
    fn number(self) -> u64 {
        self.0
    }
}

/// The runs of a list, in its order: the first id of each, and how many follow on one another.
fn runs<I: Id>(ids: &[I]) -> impl Iterator<Item = (I, u64)> {
    let mut rest = ids;
    std::iter::from_fn(move || {
        let first = *rest.first()?;
        let follows = |(at, id): &(usize, &I)| first.number().checked_add(*at as u64) == Some(id.number());
        let len = rest.iter().enumerate().take_while(follows).count();
        rest = &rest[len..];
        Some((first, len as u64))
    })
}

/// Writes a list of ids.
pub fn serialize<I: Id, S: Serializer>(ids: &[I], to: S) -> Result<S::Ok, S::Error> {
    let parts = runs(ids).map(|(_, len)| if len < RUN_MIN { len as usize } else { 1 }).sum();
    let mut list = to.serialize_seq(Some(parts))?;
    for (first, len) in runs(ids) {
        if len < RUN_MIN {
            (0..len).try_for_each(|at| list.serialize_element(&I::of(first.number() + at)))?;
        } else {
            list.serialize_element(&(first, len))?;
        }
    }
    list.end()
}

/// Reads a list of ids, with pairs or without.
pub fn deserialize<'de, I: Id, D: Deserializer<'de>>(from: D) -> Result<Vec<I>, D::Error> {
    struct List<I>(PhantomData<I>);
    impl<'de, I: Id> Visitor<'de> for List<I> {
        type Value = Vec<I>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of ids and of pairs of an id and how many follow on one another from there")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<I>, A::Error> {
            let mut ids = Vec::new();
            while let Some(Part(first, len)) = list.next_element::<Part<I>>()? {
                match len {
                    None => ids.push(first),
                    Some(len) if len > 0 && first.number().checked_add(len - 1).is_some() => {
                        if !take(len) {
                            return Err(A::Error::custom(format!("{len} more ids are more than may be named at once")));
                        }
                        ids.extend((0..len).map(|at| I::of(first.number() + at)));
                    }
                    Some(len) => {
                        let first = first.number();
                        return Err(A::Error::custom(format!("there are no {len} ids from {first} on")));
                    }
                }
            }
            Ok(ids)
        }
    }
    from.deserialize_seq(List(PhantomData))
}

/// An id, or the first of so many.
struct Part<I>(I, Option<u64>);

impl<'de, I: Id> Deserialize<'de> for Part<I> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Part<I>, D::Error> {
        struct Either<I>(PhantomData<I>);
        impl<'de, I: Id> Visitor<'de> for Either<I> {
            type Value = Part<I>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, or a pair of an id and how many follow on one another from there")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Part<I>, E> {
                Ok(Part(I::of(number), None))
            }

            fn visit_str<E: Error>(self, digits: &str) -> Result<Part<I>, E> {
                digits.parse().map(|number| Part(I::of(number), None)).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Part<I>, A::Error> {
                let first = pair.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                let len = pair.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
                match pair.next_element::<serde::de::IgnoredAny>()? {
                    None => Ok(Part(first, Some(len))),
                    Some(_) => Err(A::Error::invalid_length(3, &self)),
                }
            }
        }
        if from.is_human_readable() {
            // Ids are strings there, and nothing else.
            struct Human<I>(Either<I>);
            impl<'de, I: Id> Visitor<'de> for Human<I> {
                type Value = Part<I>;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.expecting(f)
                }
                fn visit_str<E: Error>(self, digits: &str) -> Result<Part<I>, E> {
                    self.0.visit_str(digits)
                }
                fn visit_seq<A: SeqAccess<'de>>(self, pair: A) -> Result<Part<I>, A::Error> {
                    self.0.visit_seq(pair)
                }
            }
            from.deserialize_any(Human(Either(PhantomData)))
        } else {
            from.deserialize_any(Either(PhantomData))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Ids(#[serde(with = "crate::runs")] Vec<RecordId>);

    fn ids(of: impl IntoIterator<Item = u64>) -> Ids {
        Ids(of.into_iter().map(RecordId).collect())
    }

    #[test]
    fn lists_are_written_by_their_runs_and_read_as_they_were() {
        const TOP: u64 = u64::MAX;
        for (list, json) in [
            (ids([]), "[]"),
            (ids([7]), r#"["7"]"#),
            (ids([7, 8]), r#"["7","8"]"#),
            (ids([7, 8, 9]), r#"[["7",3]]"#),
            (ids([1, 5, 6, 7, 8, 20, 21, 30]), r#"["1",["5",4],"20","21","30"]"#),
            // Neither sorted nor sets: requests are read as they were said.
            (ids([9, 8, 7, 7, 8, 9]), r#"["9","8","7",["7",3]]"#),
            (ids([TOP - 2, TOP - 1, TOP, 0, 1, 2]), r#"[["18446744073709551613",3],["0",3]]"#),
            (ids(100..100_100), r#"[["100",100000]]"#),
        ] {
            assert_eq!(serde_json::to_string(&list).unwrap(), json);
            assert_eq!(serde_json::from_str::<Ids>(json).unwrap(), list, "{json}");
            let packed = rmp_serde::to_vec_named(&list).unwrap();
            assert_eq!(rmp_serde::from_slice::<Ids>(&packed).unwrap(), list, "{json}");
            assert!(packed.len() <= 24, "{json} {}", packed.len());
            // As they were written before.
            let (one_by_one, plain) = (serde_json::to_string(&list.0).unwrap(), rmp_serde::to_vec(&list.0).unwrap());
            assert_eq!(serde_json::from_str::<Ids>(&one_by_one).unwrap(), list);
            assert_eq!(rmp_serde::from_slice::<Ids>(&plain).unwrap(), list);
        }
    }

    #[test]
    fn what_stands_for_too_many_ids_is_refused_before_anything_is_made_of_it() {
        let read = |json: &str| within(10, || serde_json::from_str::<Ids>(json).map_err(|error| error.to_string()));
        for (json, why) in [
            (r#"[["1",11]]"#, "more than may be named at once"),
            (r#"[["1",18446744073709551615]]"#, "more than may be named at once"),
            (r#"[["1",6],["1",6]]"#, "more than may be named at once"),
            (r#"[["2",18446744073709551615]]"#, "there are no"),
            (r#"[["18446744073709551615",2]]"#, "there are no"),
            (r#"[["1",0]]"#, "there are no 0 ids"),
            (r#"[["1",-1]]"#, "-1"),
            (r#"[["1"]]"#, "invalid length 1"),
            (r#"[[]]"#, "invalid length 0"),
            (r#"[["1",2,3]]"#, "invalid length 3"),
            (r#"[[["1",2],3]]"#, "expected"),
            (r#"[1]"#, "expected an id"),
            (r#"["one"]"#, "invalid digit"),
            (r#"{"first":"1","len":3}"#, "expected"),
        ] {
            let refused = read(json).unwrap_err();
            assert!(refused.contains(why), "{json}: {refused}");
        }
        for (json, list) in [
            (r#"[["1",5],["1",5]]"#, ids((1..6).chain(1..6))),
            (r#"[["1",1],["9",1]]"#, ids([1, 9])),
            (r#"[["18446744073709551615",1]]"#, ids([u64::MAX])),
        ] {
            assert_eq!(read(json), Ok(list), "{json}");
        }
        // All lists of one message together, and the next one from the start.
        let two = r#"[[["1",6]],[["1",6]]]"#;
        assert!(within(11, || serde_json::from_str::<Vec<Ids>>(two)).is_err());
        assert!(within(12, || serde_json::from_str::<Vec<Ids>>(two)).is_ok());
        assert!(serde_json::from_str::<Ids>(&format!(r#"[["1",{}]]"#, IDS_MAX + 1)).is_err());
        // MessagePack: [[1, 2^64 - 1]].
        let packed = [&[0x91, 0x92, 0x01, 0xcf][..], &[0xff; 8]].concat();
        assert!(rmp_serde::from_slice::<Ids>(&packed).is_err());
    }
}
