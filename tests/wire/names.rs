//! What the variants of an enum are called in serde's forms, asked of the enum itself: a new one can't be forgotten.

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

/// Reads nothing; notes what an enum would be read from.
struct Asked<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = variants;
        Err(Error::custom("that is all"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("no enum"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The names of all variants.
pub fn variants_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut variants: &'static [&'static str] = &[];
    // It ends in an error by its nature.
    let _ = T::deserialize(Asked(&mut variants));
    assert!(!variants.is_empty(), "{} is an enum", std::any::type_name::<T>());
    variants
}

#[test]
fn variants_are_found_by_their_names_on_the_wire() {
    assert_eq!(variants_of::<protocol::Ended>(), ["left", "expired", "removed"]);
}
